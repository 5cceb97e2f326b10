"""ASGI callables that do nothing but what an answer cannot do without, on the HTTP server that we use.

A bare answer has the size of a real one. A bare refresh is a raw guarded update, whose commit it shares
with whoever waits, and its token work. A bare sign-in is two durable commits of raw statements, a hash
between them in a thread that gives way, and a signature. What a real one costs beyond that is ours.
"""

import asyncio
import json
import os
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from argon2 import PasswordHasher
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec

from auth_portal.http.server import run_server
from auth_portal.passwords.hashing import NICER
from auth_portal.serving import TURN

UPDATE = (
    "UPDATE sessions SET generation = generation + 1, rotated_at = rotated_at"
    " WHERE id = ? AND generation = generation AND ended_at IS NULL"
)
TABLES = """
CREATE TABLE accounts (id TEXT PRIMARY KEY, tries INT) WITHOUT ROWID;
CREATE TABLE sessions (id TEXT PRIMARY KEY, account TEXT, generation INT, name TEXT, agent TEXT)
  WITHOUT ROWID;
CREATE TABLE events (id TEXT PRIMARY KEY, account TEXT, kind TEXT, ip TEXT) WITHOUT ROWID;
CREATE TABLE devices (account TEXT, mark TEXT, seen INT, PRIMARY KEY (account, mark)) WITHOUT ROWID;
"""
COUNT = "INSERT INTO accounts VALUES (?, 1) ON CONFLICT DO UPDATE SET tries = tries + 1"
OPEN = "INSERT INTO sessions VALUES (?, ?, 0, 'Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64)')"
TELL = "INSERT INTO events VALUES (?, ?, 'signed_in', '127.0.0.1')"
SEE = "INSERT INTO devices VALUES (?, 'mark', 1) ON CONFLICT DO UPDATE SET seen = seen + 1"
GIVE_BACK = "UPDATE accounts SET tries = tries - 1 WHERE id = ?"
PASSWORD = "correct horse battery staple"
SAID = {"email": "ada@bench.example", "password": PASSWORD}
TOKEN_BYTES = 300
ID_BYTES = 12

Write = tuple[str, Sequence[Any]]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Writer:
    """One thread and one connection: what waits is one transaction."""

    def __init__(self, path: str, tables: str = "") -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(tables)
        self._turn: list[tuple[Sequence[Write], asyncio.Future[None]]] = []
        self._turns: SimpleQueue[list[tuple[Sequence[Write], asyncio.Future[None]]]] = SimpleQueue()
        threading.Thread(target=self._live, daemon=True).start()

    async def write(self, *writes: Write) -> None:
        """Done and durable when this returns."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        if not self._turn:
            loop.call_soon(self._hand_over)
        self._turn.append((writes, done))
        await done

    def _hand_over(self) -> None:
        turn, self._turn = self._turn, []
        self._turns.put(turn)

    def _live(self) -> None:
        while True:
            batch = self._turns.get()
            while not self._turns.empty():
                batch += self._turns.get()
            self._connection.execute("BEGIN IMMEDIATE")
            for writes, _ in batch:
                for statement, values in writes:
                    self._connection.execute(statement, values)
            self._connection.execute("COMMIT")
            batch[0][1].get_loop().call_soon_threadsafe(_settle, [done for _, done in batch])


class Bare:
    """Answers any GET at once; a POST by what its path says."""

    def __init__(self) -> None:
        """From the environment: the answer's headers and size, the real database, a file of its own."""
        said = json.loads(os.environ["BARE_HEADERS"])
        self._headers = [(name.encode(), value.encode()) for name, value in said]
        self._body = b"x" * int(os.environ["BARE_BYTES"])
        self._key, self._secret = ec.generate_private_key(ec.SECP256R1()), bytes(32)
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._stored = self._hasher.hash(PASSWORD)
        self._hashing = ThreadPoolExecutor(os.cpu_count() or 1, initializer=_give_way)  # as our own slots
        self._real = Writer(os.environ["BARE_DATABASE"]) if "BARE_DATABASE" in os.environ else None
        self._own = Writer(os.environ["BARE_FILE"], TABLES)

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send
    ) -> None:
        """The application."""
        if scope["type"] == "lifespan":
            for what in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{what}.complete"})
            return
        if scope["method"] == "POST":
            said = (await receive())["body"]
            if scope["path"] == "/refresh":
                await self._refresh(scope["headers"])
            elif scope["path"] == "/sign-in":
                await self._sign_in(json.loads(said))
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body})

    async def _refresh(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Rotate the session that is named where a token would be."""
        session = next(value for name, value in headers if name == b"authorization")[7:].decode()
        assert self._real is not None
        await self._real.write((UPDATE, (session,)))
        token_work(self._key, self._secret)

    async def _sign_in(self, said: dict[str, str]) -> None:
        """Count, hash, open."""
        loop, account = asyncio.get_running_loop(), said["email"]
        await self._own.write((COUNT, (account,)))
        await loop.run_in_executor(self._hashing, self._hasher.verify, self._stored, PASSWORD)
        session, event = os.urandom(ID_BYTES).hex(), os.urandom(ID_BYTES).hex()
        opened, told = (OPEN, (session, account)), (TELL, (event, account))
        await self._own.write(opened, told, (SEE, (account,)), (GIVE_BACK, (account,)))
        token_work(self._key, self._secret)


def token_work(key: ec.EllipticCurvePrivateKey, secret: bytes) -> None:
    """What new tokens cost: one ES256 signature and two HMACs, nothing around."""
    key.sign(b"x" * TOKEN_BYTES, ec.ECDSA(hashes.SHA256()))
    for _ in range(2):
        mac = hmac.HMAC(secret, hashes.SHA256())
        mac.update(b"x" * 64)
        mac.finalize()


def _give_way() -> None:
    """As our own hashing threads do, by which they are known."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICER)


def _settle(done: list["asyncio.Future[None]"]) -> None:
    for one in done:
        one.set_result(None)


if __name__ == "__main__":
    sys.setswitchinterval(TURN)
    run_server(Bare(), "127.0.0.1", int(os.environ["APP_PORT"]))
