"""One run of the suite: its folder, shared by every worker, and a lock between them."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUN_FOLDER = "AUTH_PORTAL_TEST_RUN"
RUN_OWNER = "AUTH_PORTAL_TEST_OWNER"


def begin() -> Path:
    """Make the run's folder, once: workers find it in the environment that they inherit."""
    if RUN_FOLDER not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="auth-portal-tests-"))
        folder.chmod(0o755)  # the database server may run as another user
        os.environ[RUN_FOLDER] = str(folder)
        os.environ[RUN_OWNER] = str(os.getpid())
    return Path(os.environ[RUN_FOLDER])


def owner() -> int:
    """The process whose end is the run's end."""
    begin()
    return int(os.environ[RUN_OWNER])


@contextmanager
def one_at_a_time(name: str) -> Iterator[Path]:
    """Hold the run-wide lock `name`; yields the run's folder."""
    folder = begin()
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
