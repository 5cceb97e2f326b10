"""`make soak`: mixed load while keys rotate and sessions end; memory, descriptors, rows and p99 stay flat."""

import argparse
import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.fill import PASSWORD, People, fill
from bench.load import Request, Round, Seen, load, request
from bench.process import ROOT_SECRET, Server

ACCOUNTS = 5_000
CONNECTIONS = 20  # divides the number of accounts: a person is the business of one connection
BURST = 4_000  # requests between two looks at the clock
LATER = 400 * 86_400  # seconds, after which nothing has to be kept but people and keys
KEPT = {"accounts", "identities", "signing_keys", "pins", "alembic_version", "sqlite_stat1"}
SHARES = (("sign in", 0.01), ("sign up", 0.002), ("sign out", 0.01), ("refresh", 0.15), ("list", 0.05))


@dataclass(frozen=True)
class Minute:
    """What one stretch of the run showed."""

    at: float  # minutes since the start
    requests: int
    p50_ms: float
    p99_ms: float
    memory_mib: float
    descriptors: int
    sessions: int
    rows: int
    errors: dict[int, int]

    def told(self) -> str:
        """A line of the table."""
        return (
            f"{self.at:6.1f} min {self.requests:8d} requests  "
            f"p50 {self.p50_ms:6.1f}  p99 {self.p99_ms:7.1f} ms  "
            f"{self.memory_mib:6.1f} MiB  {self.descriptors:3d} fds  {self.sessions:6d} sessions  "
            f"{self.rows:7d} rows  unexpected {self.errors or 0}"
        )


@dataclass
class Soak:
    """The server, its people and their tokens; a person is the business of one connection at a time."""

    server: Server
    people: People
    access: dict[int, str] = field(default_factory=dict)
    refresh: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    fresh: int = 0
    lots: random.Random = field(default_factory=lambda: random.Random(11))

    def make(self, number: int) -> bytes:
        """The next request of a person: mostly who am I."""
        who = number % self.people.count
        kind = self._kind(who)
        self.kinds[number] = kind
        bearer = f"Bearer {self.access.get(who, '')}"
        if kind == "refresh":
            shown = self.refresh.get(who) or self.people.refresh_token(who)
            return request("POST", "/api/auth/refresh", refresh=shown)
        if kind == "sign in":
            body = {"email": self.people.email(who), "password": PASSWORD}
            return request("POST", "/api/auth/login", body=json.dumps(body).encode())
        if kind == "sign up":
            self.fresh += 1
            body = {"firstName": "A", "lastName": "B", "password": PASSWORD}
            body["email"] = f"soak-{self.fresh}@bench.example"
            return request("POST", "/api/auth/register", body=json.dumps(body).encode())
        if kind == "sign out":
            return request("POST", "/api/auth/logout", authorization=bearer)
        path = "/api/auth/sessions" if kind == "list" else "/api/auth/me"
        return request("GET", path, authorization=bearer)

    def seen(self, number: int, _head: bytes, body: bytes) -> None:
        """Remember new tokens; whoever signed out signs in next."""
        who, kind = number % self.people.count, self.kinds.pop(number)
        if kind == "sign out":
            self.access.pop(who, None)
            self.refresh[who] = "gone"
        elif kind in {"refresh", "sign in"} and body.startswith(b'{"token"'):
            said = json.loads(body)
            self.access[who], self.refresh[who] = said["token"], said["refreshToken"]

    def _kind(self, who: int) -> str:
        """By lot, among what the person can do."""
        if who not in self.access:
            return "sign in" if self.refresh.get(who) == "gone" else "refresh"
        lot = self.lots.random()
        for kind, share in SHARES:
            lot -= share
            if lot < 0:
                return kind
        return "me"

    def command(self, *words: str) -> str:
        """A command of ours on the same data."""
        url = self.server.settings["DATABASE_URL"]
        settings = {"APP_ENV": "test", "AUTH_REFRESH_SECRET": ROOT_SECRET, "DATABASE_URL": url}
        settings |= {"DATA_DIR": str(self.server.folder), "PATH": "/usr/bin:/bin"}
        settings["CLOCK_OFFSET_FILE"] = str(self.server.folder / "clock-offset")
        settings["BACKEND_DOMAIN"] = f"http://127.0.0.1:{self.server.port}"
        command = [sys.executable, "-m", "auth_portal", *words]
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=True)
        return done.stdout


def main() -> int:
    """Run for the given time; 1 when something grew or an answer was not as it should be."""
    options = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--accounts", type=int, default=ACCOUNTS)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="auth-portal-soak-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'auth-portal.db'}"
        server = Server(folder, {"DATABASE_URL": url, "AUTH_JWT_TOKEN_EXPIRES_IN": "24h"}, pinned=False)
        server.start().stop()
        soak = Soak(server, fill(url, chosen.accounts))
        server.start()
        try:
            minutes = run(soak, chosen.minutes)
            left = swept(soak)
        finally:
            server.stop()
    print(f"{minutes[-1].rows} rows, and when their time is over: {left}")
    return 1 if set(left) - KEPT else verdict(minutes)


def run(soak: Soak, minutes: float) -> list[Minute]:
    """Burst after burst; a line and a key rotation for each tenth of the time."""
    began = time.monotonic()
    found: list[Minute] = []
    number = 0
    while (passed := (time.monotonic() - began) / 60) < minutes:
        stretch = Round()
        until = passed + minutes / 10
        while (time.monotonic() - began) / 60 < until:
            burst = asyncio.run(
                load(soak.server.port, CONNECTIONS, BURST, shifted(soak, number), shifted_seen(soak, number))
            )
            number += BURST
            stretch.latencies += burst.latencies
            for status, count in burst.statuses.items():
                stretch.statuses[status] = stretch.statuses.get(status, 0) + count
        found.append(look(soak, stretch, (time.monotonic() - began) / 60))
        print(found[-1].told(), flush=True)
        soak.command("keys", "rotate")
    return found


def shifted(soak: Soak, by: int) -> Request:
    """Numbers go on over the bursts."""
    return lambda number: soak.make(number + by)


def shifted_seen(soak: Soak, by: int) -> Seen:
    """The same for the answers."""
    return lambda number, head, body: soak.seen(number + by, head, body)


def look(soak: Soak, stretch: Round, at: float) -> Minute:
    """The process and its tables."""
    process, counts = psutil.Process(soak.server.pid), rows(soak)
    return Minute(
        at=at,
        requests=stretch.answers,
        p50_ms=stretch.percentile(0.5),
        p99_ms=stretch.percentile(0.99),
        memory_mib=soak.server.memory(),
        descriptors=process.num_fds(),
        sessions=counts.get("sessions", 0),
        rows=sum(counts.values()),
        errors={status: count for status, count in stretch.statuses.items() if status not in {200, 201}},
    )


def rows(soak: Soak) -> dict[str, int]:
    """How many rows each table has; those without any are left out."""
    database = sqlite3.connect(soak.server.folder / "auth-portal.db", timeout=30)
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    database.close()
    return {name: count for name, count in counts.items() if count}


def swept(soak: Soak) -> dict[str, int]:
    """What is left when more than a year has passed and a sweep has been."""
    (soak.server.folder / "clock-offset").write_text(str(LATER))
    soak.command("sweep")
    return rows(soak)


def verdict(minutes: list[Minute]) -> int:
    """Flat means: at the end no more than a quarter above what it was after the first fifth."""
    early, late = minutes[max(0, len(minutes) // 5)], minutes[-1]
    flat = late.memory_mib <= early.memory_mib * 1.25 and late.descriptors <= early.descriptors + 8
    wrong = {status: count for minute in minutes for status, count in minute.errors.items() if status >= 500}
    requests = sum(minute.requests for minute in minutes)
    print(
        f"{requests} requests, 5xx {sum(wrong.values())}; memory {early.memory_mib:.0f} -> "
        f"{late.memory_mib:.0f} MiB, descriptors {early.descriptors} -> {late.descriptors}, "
        f"p99 {early.p99_ms:.0f} -> {late.p99_ms:.0f} ms: {'flat' if flat else 'NOT FLAT'}"
    )
    return 0 if flat and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
