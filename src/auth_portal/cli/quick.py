"""`auth-portal serve` without the command line's library: a third of a second that a start need not take."""

from auth_portal.cli.ending import guarded
from auth_portal.cli.serving import serve as serve_settings


def serve() -> int:
    """Serve; the exit status is that of `ending.guarded`."""
    return guarded(serve_settings)
