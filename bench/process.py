"""Starting and watching processes: CPU seconds and memory as the kernel accounts for them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from auth_portal.passwords.hashing import NICER

ROOT_SECRET = "b1946ac92492d2347c6235b4d2611184b1946ac9"
SERVER_CORE, LOAD_CORE = 0, 1
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
NICEST = 19  # no thread can step further back


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of the processes, in seconds."""
    total = 0.0
    for pid in pids:
        try:
            times = psutil.Process(pid).cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def hashing_seconds(pid: int) -> float:
    """CPU seconds of a server's hashing threads, known by how far they step back behind the loop.

    0 where no thread can be told apart: not Linux, or the whole server runs at the lowest priority.
    The kernel counts in ticks, mostly of 10 ms: only sums over many hashes mean something.
    """
    if sys.platform != "linux":
        return 0.0
    loop = os.getpriority(os.PRIO_PROCESS, pid)
    hashing = min(loop + NICER, NICEST)
    total = 0.0
    for thread in psutil.Process(pid).threads():
        with suppress(ProcessLookupError):  # it ended meanwhile, so it was none that hashes
            if loop < hashing == os.getpriority(os.PRIO_PROCESS, thread.id):
                total += thread.user_time + thread.system_time
    return total


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, where the machine has more than one and allows it."""
    if (os.cpu_count() or 1) > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, {core})


def unpin(pid: int) -> None:
    """Give a process back all the cores that we began with."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, CORES)


@contextmanager
def on_core(core: int, afterwards: int) -> Iterator[None]:
    """Run on another core for a while."""
    pin(os.getpid(), core)
    try:
        yield
    finally:
        pin(os.getpid(), afterwards)


@dataclass
class Server:
    """A server process of ours; `command` serves on the port in APP_PORT."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (sys.executable, "-m", "auth_portal", "serve")
    pinned: bool = True
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        """Everything the process is given."""
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ
        }
        own = {
            "APP_ENV": "test",
            "APP_PORT": str(self.port),
            "DATA_DIR": str(self.folder),
            "AUTH_REFRESH_SECRET": ROOT_SECRET,
            "RATE_LIMITS": "off",
            "LOG_LEVEL": "error",
            "PORTAL": "off",
            "BACKEND_DOMAIN": f"http://127.0.0.1:{self.port}",
        }
        return {**kept, **own, **self.settings}

    def command_line(self, *words: str) -> "subprocess.Popen[bytes]":
        """A command of `auth-portal` on the same data, beside the server."""
        command = (sys.executable, "-m", "auth_portal", *words)
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=self.environment(), cwd=self.folder, stdout=quiet, stderr=quiet)

    def start(self) -> "Server":
        """Start it and wait for its first 200."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment(), cwd=self.folder, stdout=log, stderr=log
            )
        if self.pinned:
            pin(self.process.pid, SERVER_CORE)
        self._wait()
        return self

    def _wait(self) -> None:
        """Until it answers, a minute at most."""
        for _ in range(6000):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.01)
            if self.process is not None and self.process.poll() is not None:
                break
        raise RuntimeError((self.folder / "server.log").read_text()[-3000:])

    @property
    def pid(self) -> int:
        """The process id."""
        if self.process is None:
            raise RuntimeError("not started")
        return self.process.pid

    def counted(self, name: str) -> float:
        """A sample of /metrics, by its name with labels; 0 where there is none."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def memory(self) -> float:
        """Resident memory in MiB."""
        return float(psutil.Process(self.pid).memory_info().rss) / 2**20

    def stop(self) -> None:
        """Ask it to end and wait."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
            self.process = None
