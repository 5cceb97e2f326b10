"""The real server as its own process: start, wait until ready, read its log, stop, kill."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import httpx

from tests.rig.forks import Started, launch
from tests.rig.letters import Letters
from tests.rig.person import Device, Person, invent_person
from tests.rig.ports import free_port

ROOT_SECRET = "6b1f0a7de2c94f3f8a53d7d0c1e2f4a95b6c7d8e9f"  # of the tests' databases
REAL_HASHES = {"PASSWORD_HASH_COST": "usual"}
START_SECONDS = 60
STOP_SECONDS = 20
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_START", "PYTHONPATH", "SYSTEMROOT")


def environment(**settings: str) -> dict[str, str]:
    """A clean environment: none of the caller's own settings reaches a test's server."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    cheap = {"PASSWORD_HASH_COST": "least"} if settings.get("APP_ENV", "test") == "test" else {}
    usual = {
        "APP_ENV": "test",
        "APP_HOST": "127.0.0.1",
        "AUTH_REFRESH_SECRET": ROOT_SECRET,
        "LOG_FORMAT": "json",
        "RATE_LIMITS": "off",
        "METRICS_TOKEN": "metrics-token-of-the-tests",
        "TRUSTED_PROXIES": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "default",
        **cheap,  # `**REAL_HASHES` where hashing is what is tested
    }
    return {**kept, **usual, **settings}


@dataclass
class Portal:
    """One server process with a data folder; `settings` are the variables it is given.

    A `cold` one begins as a fresh interpreter, the others as `forks.py` says.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    issuer: str = ""  # BACKEND_DOMAIN; two instances of one portal share it
    process: Started | None = None
    cold: bool = False
    words: tuple[str, ...] = ("serve",)  # of the command line

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.issuer = self.issuer or self.url
        self.clock_file = self.folder / "clock-offset"
        self.log_file = self.folder / f"server-{self.port}.log"

    @property
    def url(self) -> str:
        """Where this process listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        """The prefix of the API."""
        return f"{self.url}/api"

    @property
    def letters(self) -> Letters:
        """What the folder sender has written."""
        return Letters(self.folder / "mail")

    def environment(self) -> dict[str, str]:
        """Everything the process is given."""
        own = {
            "DATA_DIR": str(self.folder),
            "CLOCK_OFFSET_FILE": str(self.clock_file),
            "APP_PORT": str(self.port),
            "BACKEND_DOMAIN": self.issuer,
        }
        return environment(**{**own, **self.settings})

    def start(self, *, wait: bool = True) -> "Portal":
        """Start the process and, unless told otherwise, wait until it answers that it is ready."""
        with self.log_file.open("ab") as log, Path(os.devnull).open("rb") as nothing:
            own = self.environment()
            self.process = launch(self.words, own, self.folder, nothing, log, log, cold=self.cold)
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Until /health/ready says yes; fails with the log when the process ends or time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(
                    f"the server ended with {self.process.returncode}:\n{self.log()[-4000:]}"
                )
            if self.ready():
                return
            time.sleep(0.05)
        raise AssertionError(f"the server is not ready after {seconds} s:\n{self.log()[-4000:]}")

    def ready(self) -> bool:
        """It answers, and everything it needs is there."""
        try:
            return (
                httpx.get(f"{self.url}/health/ready", timeout=5, verify=False).status_code == httpx.codes.OK
            )
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Ask it to end (SIGTERM) and wait; returns its exit status."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end within {STOP_SECONDS} s:\n{self.log()[-4000:]}") from None

    def kill(self) -> None:
        """SIGKILL, as a machine that loses power would do to a process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def sibling(self) -> "Portal":
        """A second instance on the same data; start it yourself."""
        return Portal(self.folder, self.settings, issuer=self.issuer, cold=self.cold)

    def move_clock(self, seconds: float) -> None:
        """Put the server's clock (all instances') forward by so much."""
        before = float(self.clock_file.read_text()) if self.clock_file.exists() else 0.0
        draft = self.clock_file.with_suffix(".new")
        draft.write_text(str(before + seconds))
        draft.rename(self.clock_file)

    def log(self) -> str:
        """Everything the process has written."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def run(self, *arguments: str, feed: str | None = None, status: int = 0) -> str:
        """Run a command of `auth-portal` on this portal's data; returns what it printed."""
        with TemporaryFile() as fed, TemporaryFile() as printed, TemporaryFile() as complained:
            fed.write((feed or "").encode())
            fed.seek(0)
            own = {**self.environment(), "NO_COLOR": "1", "COLUMNS": "200"}
            ended = launch(arguments, own, self.folder, fed, printed, complained).wait(120)
            said = [read_again(printed), read_again(complained)]
        assert ended == status, f"{' '.join(arguments)} ended with {ended}\n" + "\n".join(said)
        return "".join(said)

    def device(self, user_agent: str = "tests", network: str | None = None) -> Device:
        """A browser or an app that has no credentials yet."""
        return Device.of(self, user_agent, network)

    def a_person(self, *, confirmed: bool = False, network: str | None = None, **chosen: str) -> Person:
        """Somebody who has just signed up, on a first device that is signed in."""
        return invent_person(self, confirmed=confirmed, network=network, **chosen)


def read_again(file: IO[bytes]) -> str:
    """What was written to it."""
    file.seek(0)
    return file.read().decode()
