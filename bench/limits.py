"""The limits of the machine, measured between the rounds: bare answers, raw statements, the bare hash."""

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
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec

from bench.figures import Figure
from bench.load import load, request
from bench.process import LOAD_CORE, SERVER_CORE, Server, cpu_seconds, on_core

BARE = """
import json, os
from auth_portal.http.server import run_server
BODY = b"x" * int(os.environ["BARE_BYTES"])
HEADERS = [(name.encode(), value.encode()) for name, value in json.loads(os.environ["BARE_HEADERS"])]
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive(); await send({"type": "lifespan.startup.complete"})
        await receive(); await send({"type": "lifespan.shutdown.complete"}); return
    if scope["method"] == "POST":
        await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
run_server(app, "127.0.0.1", int(os.environ["APP_PORT"]))
"""
BARE_REQUESTS = 4_000
TOKEN_BYTES = 300
READ = "SELECT s.*, a.* FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = "
UPDATE = (
    "UPDATE sessions SET generation = generation + 1, rotated_at = rotated_at"
    " WHERE id = ? AND generation = generation AND ended_at IS NULL"
)
TOGETHER = 16  # guarded updates that share a commit


@dataclass
class Limits:
    """What nothing on this machine does for less; each round is measured beside one of the workloads."""

    folder: Path
    engine: str
    url: str
    session_ids: list[str]
    bare: Server
    measures: dict[str, Callable[[], float]] = field(init=False)
    seen: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name what is measured: seconds of CPU for one of a kind."""
        self.measures = {
            "bare answer": lambda: self._bare_round("GET"),
            "bare answer to a POST": lambda: self._bare_round("POST"),
            "bare hash": bare_hash,
            "token work of a refresh": token_work,
        }
        if self.engine == "sqlite":
            path = Path(self.url.removeprefix("sqlite:///"))
            self.measures |= {
                "raw read": lambda: raw_sqlite_read(path, self.session_ids),
                "raw guarded update, alone in its commit": lambda: self._update(path, 1),
                f"raw guarded update, {TOGETHER} a commit": lambda: self._update(path, TOGETHER),
            }
        elif self.engine == "postgresql":
            self.measures["raw read"] = lambda: raw_postgresql_read(self.url, self.session_ids)

    def _update(self, path: Path, group: int) -> float:
        return raw_sqlite_update(path, self.session_ids, group)

    def round(self) -> None:
        """Measure each once; what stands for the server's own work runs on the server's core."""
        for name, measure in self.measures.items():
            if name.startswith("bare answer"):
                self.seen.setdefault(name, []).append(measure())
                continue
            with on_core(SERVER_CORE, LOAD_CORE):
                self.seen.setdefault(name, []).append(measure())

    def figures(self) -> list[Figure]:
        """Medians of the rounds."""
        return [
            Figure(self.engine, f"limit: {name}", cpu_us=statistics.median(values) * 1e6)
            for name, values in self.seen.items()
        ]

    def _bare_round(self, method: str) -> float:
        """CPU seconds per request of a server that answers the same number of bytes at once."""
        ask = request(method, "/api/auth/me", authorization="Bearer " + "x" * TOKEN_BYTES)
        before = cpu_seconds([self.bare.pid])
        seen = asyncio.run(load(self.bare.port, TOGETHER, BARE_REQUESTS, lambda _number: ask))
        return (cpu_seconds([self.bare.pid]) - before) / max(1, seen.answers)


def bare_server(folder: Path, head: bytes, body: bytes) -> Server:
    """An ASGI callable that does nothing but give an answer of the same size, headers and all."""
    lines = [line.partition(": ") for line in head.decode().splitlines()[1:] if line]
    headers = [(name, value) for name, _, value in lines if name.lower() != "date"]  # the server's own
    settings = {"BARE_BYTES": str(len(body)), "BARE_HEADERS": json.dumps(headers)}
    return Server(folder, settings, (sys.executable, "-c", BARE)).start()


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


def token_work(count: int = 500) -> float:
    """CPU seconds of what a rotation owes to tokens: one ES256 signature and two HMACs, nothing around."""
    key, secret = ec.generate_private_key(ec.SECP256R1()), bytes(32)
    algorithm = ec.ECDSA(hashes.SHA256())
    before = time.process_time()
    for _ in range(count):
        key.sign(b"x" * TOKEN_BYTES, algorithm)
        for _ in range(2):
            mac = hmac.HMAC(secret, hashes.SHA256())
            mac.update(b"x" * 64)
            mac.finalize()
    return (time.process_time() - before) / count
