"""`auth-portal serve` without the command line's library: a third of a second that a start need not take."""

from auth_portal.cli.opened import CannotStart, Sorry
from auth_portal.cli.screen import complain
from auth_portal.cli.serving import serve as serve_settings


def serve() -> int:
    """Serve; the exit status is that of `commands.run`."""
    try:
        return serve_settings()
    except CannotStart as refused:
        complain("These settings cannot be used:", refused.mistakes)
        return 2
    except Sorry as sorry:
        complain(str(sorry))
        return 1
