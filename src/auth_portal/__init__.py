"""Auth Portal: the sign-in server for an app of your own."""

__version__ = "0.1.0"
