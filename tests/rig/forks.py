"""Starts `auth-portal` without reading its modules anew, which costs far more than most tests do themselves.

What is started is a process of its own, with the environment, folder and files that it is given; it is a
fork of one that has read the modules. Where that cannot be, and where a start is `cold`, it is a fresh
interpreter.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

from tests.rig.run import begin

KEEPER = Path(__file__).with_name("forking.py")
AT_START = ("PYTHON", "COVERAGE", "LANG", "LC_", "LD_", "MALLOC_", "TZ")  # what a beginning interpreter reads
NEEDED = ("PATH", "HOME")


class Forks:
    """The process that forks, and the line to it; `surroundings` is what it was started with."""

    def __init__(self, surroundings: dict[str, str]) -> None:
        self.surroundings = surroundings
        self._asking = threading.Lock()
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        needed = {name: os.environ[name] for name in NEEDED if name in os.environ}
        with other, (begin() / f"forking-{os.getpid()}.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, KEEPER, str(other.fileno())],
                env={**needed, **surroundings},
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        keeper.returncode = 0  # it ends when the line does: no warning that it still runs

    def ask(self, asked: dict[str, object], files: list[int]) -> Any:
        """One question, one answer."""
        with self._asking:
            socket.send_fds(self._line, [json.dumps(asked).encode()], files)
            return json.loads(self._line.recv(64))


class Forked:
    """What tests use of a `subprocess.Popen`, for a fork."""

    def __init__(self, forks: Forks, pid: int) -> None:
        self._forks = forks
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        if self.returncode is None:
            self.returncode = self._forks.ask({"pid": self.pid}, [])
        return self.returncode

    def wait(self, timeout: float = float("inf")) -> int:
        """Its exit status, when it has ended. Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("auth-portal", timeout)
            time.sleep(0.005)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


Started = Forked | subprocess.Popen[bytes]


def launch(
    words: tuple[str, ...], environment: dict[str, str], folder: Path, *files: IO[bytes], cold: bool = False
) -> Started:
    """Start `auth-portal WORDS`; `files` are its standard input, its output, its complaints."""
    forks = None if cold else _forks_of(environment)
    if forks is None:
        command = [sys.executable, "-m", "auth_portal", *words]
        stdin, stdout, stderr = files
        return subprocess.Popen(
            command, env=environment, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr
        )
    asked = {"words": words, "environment": environment, "folder": str(folder)}
    return Forked(forks, forks.ask(asked, [file.fileno() for file in files]))


def _forks_of(environment: dict[str, str]) -> Forks | None:
    """Those of this process, begun by the first to ask; None where a fork would not be as a start is."""
    if sys.platform != "linux":
        return None
    read = {name: value for name, value in environment.items() if name.startswith(AT_START)}
    if not _begun:
        _begun.append(Forks(read))
    return _begun[0] if _begun[0].surroundings == read else None


_begun: list[Forks] = []
