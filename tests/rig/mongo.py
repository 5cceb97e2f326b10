"""MongoDB's wire protocol in tests: one server for a whole run, a database of its own for each test.

`TEST_MONGO_URL=mongodb://…` (without a database name) points the same tests at a real server.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.rig.mongo_keeper import PROGRAM, command
from tests.rig.run import one_at_a_time, owner

KEEPER = Path(__file__).with_name("mongo_keeper.py")
START_SECONDS = 60
PATIENCE = 15_000  # milliseconds: beside other tests the stand-in is slower than our usual deadline allows
OVERRIDE = "TEST_MONGO_URL"


def why_untested() -> str | None:
    """None when there is a server to test against; else what to tell, in capitals."""
    if OVERRIDE in os.environ or PROGRAM.exists():
        return None
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"MONGODB WAS NOT TESTED: NO WHEEL OF THE TEST SERVER FOR PYTHON {version}, SET {OVERRIDE}"


def server() -> str:
    """The URL of the run's server, without a database name; the first to ask starts it."""
    if OVERRIDE in os.environ:
        return os.environ[OVERRIDE].rstrip("/")
    with one_at_a_time("mongodb") as folder:
        ready = folder / "mongodb.url"
        if not ready.exists():
            port = free_port()
            keeper = [sys.executable, KEEPER, folder / "mongodb", str(owner()), str(port)]
            log = (folder / "mongo_keeper.log").open("wb")
            started = subprocess.Popen(
                keeper, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            started.returncode = 0  # it outlives us by design: no warning that it still runs
            log.close()
            url = f"mongodb://127.0.0.1:{port}/?timeoutMS={PATIENCE}"
            wait_until_it_answers(url, folder / "mongodb" / "log")
            ready.write_text(url)
        return ready.read_text()


@contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a new, empty database, dropped afterwards."""
    url = with_database(server(), f"test_{uuid4().hex}")
    try:
        yield url
    finally:
        drop(url)


def with_database(url: str, name: str) -> str:
    """The server's URL with a database in it; what stands behind the question mark stays."""
    parts = urlsplit(url)
    return parts._replace(path=f"/{name}").geturl()


def drop(url: str) -> None:
    """Drop the URL's database; a server that is gone has none."""
    with suppress(PyMongoError), client(url) as opened:
        opened.drop_database(opened.get_default_database().name)


def client(url: str) -> "MongoClient[dict[str, object]]":
    """A plain client with short deadlines, for looking into a database."""
    return MongoClient(url, serverSelectionTimeoutMS=5000, connectTimeoutMS=2000, tz_aware=True)


class OwnServer:
    """A server of one test's own, which may be killed, stopped, frozen and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"mongodb://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on the same port and data; returns when it answers."""
        with (self.folder / "log").open("ab") as log:
            program = command(self.folder, self.port)
            self.process = subprocess.Popen(program, cwd=self.folder, stdout=log, stderr=log)
        wait_until_it_answers(self.url, self.folder / "log")

    def kill(self) -> None:
        """End it as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process = None

    def hang(self) -> None:
        """It stands still: connections stay, nothing answers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After `hang`."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    """A running server of one's own in that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    running = OwnServer(folder)
    running.start()
    try:
        yield running
    finally:
        running.kill()


def free_port() -> int:
    """A port of the loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(url: str, log: Path) -> None:
    """Up to a minute: it starts in a second, but the machine may be busy."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with client(url) as opened:
                opened.admin.command("ping")
        except PyMongoError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text() if log.exists() else "nothing"
    raise AssertionError(f"the MongoDB server did not start, it said:\n{said}")
