"""The ports on MongoDB."""
