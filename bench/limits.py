"""The limits of the machine, measured beside the workloads: bare answers, raw statements, the bare hash."""

import asyncio
import itertools
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import argon2
from cryptography.hazmat.primitives.asymmetric import ec

from bench.bare import SAID, TOKEN_BYTES, UPDATE, token_work
from bench.figures import Figure
from bench.load import Request, load, request
from bench.process import LOAD_CORE, SERVER_CORE, Server, cpu_seconds, hashing_seconds, on_core

BARE_REQUESTS = 4_000
BARE_SIGN_INS = 60
BARE_SIGN_IN = request("POST", "/sign-in", body=json.dumps(SAID).encode())
READ = "SELECT s.*, a.* FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = "
TOGETHER = 16  # guarded updates that share a commit; connections that ask for bare answers and sign-ins
CROWD = 32  # connections that ask for bare refreshes
REFRESH, SIGN_IN = "bare refresh", "bare sign-in"
SERVED = ("bare answer", REFRESH, SIGN_IN)  # by a server of its own; the rest is measured in this process


@dataclass
class Limits:
    """What nothing on this machine does for less, measured right behind the workload that it limits."""

    folder: Path
    engine: str
    url: str
    session_ids: list[str]
    bare: Server
    beside: dict[str, dict[str, Callable[[], float]]] = field(init=False)
    seen: dict[str, list[float]] = field(default_factory=dict)
    hashed: float = 0.0  # seconds of the bare sign-ins' hashing threads

    def __post_init__(self) -> None:
        """Name what is measured beside which workload: seconds of CPU for one of a kind."""
        self.beside = {
            "me": {"bare answer": lambda: self._bare_round("GET")},
            "refresh": {
                "bare answer to a POST": lambda: self._bare_round("POST"),
                "token work of a refresh": bare_token_work,
            },
            "sign in": {SIGN_IN: self._bare_sign_ins, "bare hash": bare_hash},
        }
        if self.engine == "sqlite":
            path = Path(self.url.removeprefix("sqlite:///"))
            self.beside["me"]["raw read"] = lambda: raw_sqlite_read(path, self.session_ids)
            self.beside["refresh"] |= {
                REFRESH: self._bare_refreshes,
                "raw guarded update, alone in its commit": lambda: self._update(path, 1),
                f"raw guarded update, {TOGETHER} a commit": lambda: self._update(path, TOGETHER),
            }
        elif self.engine == "postgresql":
            self.beside["me"]["raw read"] = lambda: raw_postgresql_read(self.url, self.session_ids)

    def _update(self, path: Path, group: int) -> float:
        return raw_sqlite_update(path, self.session_ids, group)

    def after(self, workload: str) -> None:
        """Measure what limits it; what stands for the server's own work runs on the server's core."""
        for name, measure in self.beside[workload].items():
            core = LOAD_CORE if name.startswith(SERVED) else SERVER_CORE
            with on_core(core, LOAD_CORE):
                self.seen.setdefault(name, []).append(measure())

    def figures(self) -> list[Figure]:
        """Medians of the rounds."""
        return [
            Figure(
                self.engine,
                f"limit: {name}",
                cpu_us=statistics.median(values) * 1e6,
                rounds_us=tuple(value * 1e6 for value in values),
                hash_share=self.hashed / (sum(values) * BARE_SIGN_INS) if name == SIGN_IN else 0.0,
            )
            for name, values in self.seen.items()
        ]

    def _bare_round(self, method: str) -> float:
        """CPU seconds per request of a server that answers the same number of bytes at once."""
        ask = request(method, "/api/auth/me", authorization="Bearer " + "x" * TOKEN_BYTES)
        return self._asked(TOGETHER, BARE_REQUESTS, lambda _number: ask)

    def _bare_refreshes(self) -> float:
        """CPU seconds of one, of as many at once as real ones are held against."""
        ids = self.session_ids
        return self._asked(
            CROWD,
            BARE_REQUESTS,
            lambda number: request("POST", "/refresh", authorization=f"Bearer {ids[number % len(ids)]}"),
        )

    def _bare_sign_ins(self) -> float:
        """CPU seconds of one, its hash included."""
        before = hashing_seconds(self.bare.pid)
        used = self._asked(TOGETHER, BARE_SIGN_INS, lambda _number: BARE_SIGN_IN)
        self.hashed += hashing_seconds(self.bare.pid) - before
        return used

    def _asked(self, connections: int, requests: int, make: Request) -> float:
        """CPU seconds of the bare server for each answer. Raises RuntimeError where one is no 200."""
        before = cpu_seconds([self.bare.pid])
        seen = asyncio.run(load(self.bare.port, connections, requests, make))
        if seen.errors:
            raise RuntimeError((self.bare.folder / "server.log").read_text()[-3000:])
        return (cpu_seconds([self.bare.pid]) - before) / max(1, seen.answers)


def bare_server(folder: Path, url: str, head: bytes, body: bytes) -> Server:
    """A server of `bench.bare`: its answers have the size of this one, headers and all."""
    lines = [line.partition(": ") for line in head.decode().splitlines()[1:] if line]
    headers = [(name, value) for name, _, value in lines if name.lower() != "date"]  # the server's own
    settings = {
        "BARE_BYTES": str(len(body)),
        "BARE_HEADERS": json.dumps(headers),
        "BARE_FILE": str(folder / "bare.db"),
    }
    if url.startswith("sqlite:///"):
        settings["BARE_DATABASE"] = url.removeprefix("sqlite:///")
    return Server(folder, settings, (sys.executable, "-m", "bench.bare")).start()


def raw_sqlite_read(path: Path, session_ids: list[str], count: int = 10_000) -> float:
    """CPU seconds of one joined read by key on the raw driver."""
    connection = sqlite3.connect(path)
    before = time.process_time()
    for session_id in itertools.islice(itertools.cycle(session_ids), count):
        connection.execute(f"{READ}?", (session_id,)).fetchone()
    used = time.process_time() - before
    connection.close()
    return used / count


def raw_sqlite_update(path: Path, session_ids: list[str], group: int, count: int = 3_200) -> float:
    """CPU seconds of one guarded update on the raw driver, `group` of them in each durable commit."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    ids = itertools.cycle(session_ids)
    before = time.process_time()
    for _ in range(count // group):
        connection.execute("BEGIN IMMEDIATE")
        for session_id in itertools.islice(ids, group):
            connection.execute(UPDATE, (session_id,))
        connection.execute("COMMIT")
    used = time.process_time() - before
    connection.close()
    return used / count


def raw_postgresql_read(url: str, session_ids: list[str], count: int = 5_000) -> float:
    """CPU seconds (of this process) of one joined read by key on the raw driver."""
    import asyncpg  # noqa: PLC0415 -- only for PostgreSQL

    async def work() -> float:
        connection = await asyncpg.connect(url)
        statement = await connection.prepare(f"{READ}$1")
        before = time.process_time()
        for session_id in itertools.islice(itertools.cycle(session_ids), count):
            await statement.fetchrow(session_id)
        used = time.process_time() - before
        await connection.close()
        return used / count

    return asyncio.run(work())


def bare_hash(count: int = 10) -> float:
    """CPU seconds of one argon2id verification with our parameters."""
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    stored = hasher.hash("correct horse battery staple")
    before = time.process_time()
    for _ in range(count):
        hasher.verify(stored, "correct horse battery staple")
    return (time.process_time() - before) / count


def bare_token_work(count: int = 500) -> float:
    """CPU seconds of what a rotation owes to tokens."""
    key, secret = ec.generate_private_key(ec.SECP256R1()), bytes(32)
    before = time.process_time()
    for _ in range(count):
        token_work(key, secret)
    return (time.process_time() - before) / count
