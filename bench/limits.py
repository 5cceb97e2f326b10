"""The limits of the machine, measured in the same run: bare answers, raw statements, the bare hash."""

import asyncio
import itertools
import sqlite3
import sys
import time
from pathlib import Path

import argon2

from bench.load import Round, load, request
from bench.process import Server, cpu_seconds

BARE = """
import asyncio, os
from auth_portal.http.server import run_server
BODY = b"x" * int(os.environ["BARE_BYTES"])
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive(); await send({"type": "lifespan.startup.complete"})
        await receive(); await send({"type": "lifespan.shutdown.complete"}); return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
run_server(app, "127.0.0.1", int(os.environ["APP_PORT"]))
"""


def bare_server(folder: Path, size: int) -> Server:
    """A bare ASGI answer of `size` bytes on the same HTTP server."""
    return Server(folder, {"BARE_BYTES": str(size)}, (sys.executable, "-c", BARE)).start()


def bare_round(server: Server, connections: int, requests: int, token: str) -> tuple[Round, float]:
    """One round against the bare server; CPU seconds per request of the server."""
    ask = request("GET", "/api/auth/me", authorization=f"Bearer {token}")
    before = cpu_seconds([server.pid])
    seen = asyncio.run(load(server.port, connections, requests, lambda _number: ask))
    return seen, (cpu_seconds([server.pid]) - before) / max(1, seen.answers)


def raw_sqlite_read(path: Path, session_ids: list[str], count: int = 20_000) -> float:
    """CPU seconds of one joined read by key on the raw driver."""
    connection = sqlite3.connect(path)
    statement = "SELECT s.*, a.* FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = ?"
    before = time.process_time()
    for session_id in itertools.islice(itertools.cycle(session_ids), count):
        connection.execute(statement, (session_id,)).fetchone()
    used = time.process_time() - before
    connection.close()
    return used / count


def raw_sqlite_update(path: Path, session_ids: list[str], group: int, count: int = 6_400) -> float:
    """CPU seconds of one guarded update on the raw driver, `group` of them in each durable commit."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    statement = (
        "UPDATE sessions SET generation = generation + 1, rotated_at = rotated_at"
        " WHERE id = ? AND generation = generation AND ended_at IS NULL"
    )
    ids = itertools.cycle(session_ids)
    before = time.process_time()
    for _ in range(count // group):
        connection.execute("BEGIN IMMEDIATE")
        for session_id in itertools.islice(ids, group):
            connection.execute(statement, (session_id,))
        connection.execute("COMMIT")
    used = time.process_time() - before
    connection.close()
    return used / count


def raw_postgresql_read(url: str, session_ids: list[str], count: int = 5_000) -> float:
    """CPU seconds (of this process) of one joined read by key on the raw driver."""
    import asyncpg  # noqa: PLC0415 -- only for PostgreSQL

    async def work() -> float:
        connection = await asyncpg.connect(url)
        statement = await connection.prepare(
            "SELECT s.*, a.* FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = $1"
        )
        before = time.process_time()
        for session_id in itertools.islice(itertools.cycle(session_ids), count):
            await statement.fetchrow(session_id)
        used = time.process_time() - before
        await connection.close()
        return used / count

    return asyncio.run(work())


def bare_hash(count: int = 30) -> float:
    """CPU seconds of one argon2id verification with our parameters."""
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    stored = hasher.hash("correct horse battery staple")
    before = time.process_time()
    for _ in range(count):
        hasher.verify(stored, "correct horse battery staple")
    return (time.process_time() - before) / count


def token_work(count: int = 500) -> float:
    """CPU seconds of what one rotation owes to tokens: one ES256 signature, two HMACs."""
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    before = time.process_time()
    for _ in range(count):
        key.sign(b"x" * 300, ec.ECDSA(hashes.SHA256()))
    return (time.process_time() - before) / count
