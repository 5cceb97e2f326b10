"""How a command ends: with a status, and with a sentence instead of a traceback for whatever may happen."""

import os
import sys
from collections.abc import Callable

from auth_portal.cli.opened import CannotStart, Sorry
from auth_portal.cli.screen import complain

DONE, REFUSED, BAD_SETTINGS, STOPPED = 0, 1, 2, 130


def guarded(command: Callable[[], int]) -> int:
    """Its exit status: 0 done, 1 refused, 2 settings or arguments that cannot be used, 130 for Ctrl-C."""
    status = REFUSED
    try:
        status = command()
        sys.stdout.flush()  # a reader that is gone is noticed here, not when Python ends
    except CannotStart as refused:
        complain("These settings cannot be used:", refused.mistakes)
        status = BAD_SETTINGS
    except Sorry as sorry:
        complain(str(sorry))
    except KeyboardInterrupt:
        complain("Stopped.")
        status = STOPPED
    except EOFError:
        complain("Nothing was typed.")
    except BrokenPipeError:  # `auth-portal mail list | head -1` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as fault:
        complain(f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault))
    return status
