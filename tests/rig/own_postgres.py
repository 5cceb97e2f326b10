"""A PostgreSQL cluster of the test's own, that may be stopped, hung, and started again on the same port."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil

from tests.rig.keeper import SETTINGS, programs, somebody
from tests.rig.ports import free_port
from tests.rig.postgres import _wait_until_it_answers
from tests.rig.run import begin

STOP_SECONDS = 60
OWN = {**SETTINGS, "synchronous_commit": "on", "max_connections": "60"}  # it is stopped, so it must keep


class OwnPostgres:
    """`url` stays the same over `stop` and `start`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        self._programs = programs(folder)
        self._data = folder / "data"
        make = [self._programs / "initdb", "-A", "trust", "-E", "utf8", "--locale=C", "-U", "postgres"]
        self._run([*make, "-N", "-D", self._data])

    def start(self) -> "OwnPostgres":
        """Answers when this returns; harmless when it runs."""
        if self._process is not None:
            return self
        options = [part for name, value in OWN.items() for part in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self._data, "-p", str(self._port), *options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **somebody())
        _wait_until_it_answers(self.url.rsplit("/", 1)[0], self._folder)
        return self

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT cuts everybody off and shuts down in order; SIGQUIT does not even do that."""
        if self._process is not None:
            self.go_on()
            self._process.send_signal(how)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def hang(self) -> None:
        """Every process of it stands still: connections stay, nothing answers."""
        for process in self._all():
            process.suspend()

    def go_on(self) -> None:
        """After `hang`."""
        for process in self._all():
            process.resume()

    def _all(self) -> list[psutil.Process]:
        """The server and its children."""
        if self._process is None:
            return []
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def _run(self, command: list[object]) -> None:
        """One of the programs."""
        with (self._folder / "log").open("ab") as log:
            words = [str(word) for word in command]
            subprocess.run(words, check=True, stdout=log, stderr=log, cwd="/", **somebody())


@contextmanager
def a_postgresql() -> Iterator[OwnPostgres]:
    """A running one, gone afterwards. It lies in the run's folder, where its user may read."""
    folder = begin() / f"own-postgresql-{uuid4().hex[:8]}"
    postgres = OwnPostgres(folder).start()
    try:
        yield postgres
    finally:
        postgres.stop(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)
