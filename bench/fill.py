"""Fills a migrated database with people: one password for all, three sessions each, as rows."""

import asyncio
import itertools
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import argon2

from auth_portal.core.clock import from_milliseconds, system_clock, to_milliseconds
from auth_portal.core.secrets import RootSecret
from auth_portal.sessions.refresh_token import RefreshTokens
from bench.process import ROOT_SECRET

PASSWORD = "correct horse battery staple"
SESSIONS_EACH = 3
ACCOUNTS_SQL = (
    "id, email, first_name, last_name, created_at, updated_at, password_hash, email_confirmed_at,"
    " epoch, failures, failures_day"
)
SESSIONS_SQL = (
    "id, account_id, epoch, generation, burst_from, burst_at, rotated_at, created_at, name, method,"
    " ip, network, user_agent"
)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BATCH = 20_000


@dataclass(frozen=True)
class People:
    """The ids and tokens of a filled database: number n is always the same person."""

    count: int
    now: int  # milliseconds

    def account_id(self, number: int) -> str:
        """UUIDv7-shaped, in order, so that filling is fast."""
        return f"{self._stamp}-7000-8000-{number:012x}"

    def session_id(self, number: int, which: int = 0) -> str:
        """One of the three sessions of a person."""
        return f"{self._stamp}-7001-8000-{number * 4 + which:012x}"

    @cached_property
    def _stamp(self) -> str:
        """The first 48 bits of a UUIDv7: when."""
        digits = f"{self.now:012x}"
        return f"{digits[:8]}-{digits[8:]}"

    def email(self, number: int) -> str:
        """A person's address."""
        return f"person{number}@bench.example"

    def refresh_token(self, number: int) -> str:
        """The first refresh token of the person's first session."""
        tokens = RefreshTokens(RootSecret(ROOT_SECRET.encode()).keyring("refresh-tokens"))
        return tokens.write(self.session_id(number), 0)

    def accounts(self, hashed: str) -> Iterator[tuple[object, ...]]:
        """Rows for ACCOUNTS_SQL."""
        for number in range(self.count):
            yield (
                self.account_id(number),
                self.email(number),
                "Ada",
                f"Lovelace {number}",
                self.now,
                self.now,
                hashed,
                self.now,
                0,
                0,
                0,
            )

    def sessions(self) -> Iterator[tuple[object, ...]]:
        """Rows for SESSIONS_SQL."""
        then = self.now - 3_600_000
        same = (0, 0, 0, then, then, then, "Firefox on Linux", "password", "127.0.0.1", "127.0.0.1", AGENT)
        for number in range(self.count):
            account = self.account_id(number)
            for which in range(SESSIONS_EACH):
                yield (self.session_id(number, which), account, *same)


def fill(url: str, count: int) -> People:
    """Insert `count` accounts with their sessions; returns who they are."""
    people = People(count, to_milliseconds(system_clock()))
    hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
    hashed = hasher.hash(PASSWORD)
    began = time.perf_counter()
    if url.startswith("sqlite"):
        _fill_sqlite(url.removeprefix("sqlite:///"), people, hashed)
    elif url.startswith("mongodb"):
        _fill_mongodb(url, people, hashed)
    else:
        asyncio.run(_fill_postgresql(url, people, hashed))
    sys.stderr.write(f"  filled {count} accounts in {time.perf_counter() - began:.1f} s\n")
    return people


def _marks(names: str) -> str:
    """As many question marks as there are columns."""
    return ", ".join("?" for _ in names.split(","))


def _fill_sqlite(path: str, people: People, hashed: str) -> None:
    """In large transactions, while nobody else writes."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    for table, names, rows in (
        ("accounts", ACCOUNTS_SQL, people.accounts(hashed)),
        ("sessions", SESSIONS_SQL, people.sessions()),
    ):
        statement = f"INSERT INTO {table} ({names}) VALUES ({_marks(names)})"
        while batch := list(itertools.islice(rows, BATCH)):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, batch)
            connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


async def _fill_postgresql(url: str, people: People, hashed: str) -> None:
    """By COPY."""
    import asyncpg  # noqa: PLC0415 -- only for PostgreSQL

    connection = await asyncpg.connect(url)
    for table, names, rows in (
        ("accounts", ACCOUNTS_SQL, people.accounts(hashed)),
        ("sessions", SESSIONS_SQL, people.sessions()),
    ):
        columns = [name.strip() for name in names.split(",")]
        while batch := list(itertools.islice(rows, BATCH)):
            await connection.copy_records_to_table(table, records=batch, columns=columns)
    await connection.execute("ANALYZE")
    await connection.close()


def _fill_mongodb(url: str, people: People, hashed: str) -> None:
    """The same rows as documents of the adapters' own shape."""
    from pymongo import MongoClient  # noqa: PLC0415 -- only for MongoDB

    from auth_portal.accounts.account import Account  # noqa: PLC0415
    from auth_portal.sessions.session import Session  # noqa: PLC0415
    from auth_portal.storage.mongo import account_documents, schema, sessions  # noqa: PLC0415

    database: MongoClient[dict[str, object]] = MongoClient(url)
    target = database.get_default_database()
    now = from_milliseconds(people.now)
    accounts = (
        account_documents.document_of(
            Account(
                id=str(row[0]),
                email=str(row[1]),
                first_name=str(row[2]),
                last_name=str(row[3]),
                created_at=now,
                updated_at=now,
                password_hash=hashed,
                email_confirmed_at=now,
            ),
            (),
        )
        for row in people.accounts(hashed)
    )
    then = now - timedelta(hours=1)
    made = (
        sessions.document_of(
            Session(
                id=str(row[0]),
                account_id=str(row[1]),
                epoch=0,
                generation=0,
                burst_from=0,
                burst_at=then,
                rotated_at=then,
                created_at=then,
                name="Firefox on Linux",
                method="password",
                ip="127.0.0.1",
                network="127.0.0.1",
                user_agent=AGENT,
            )
        )
        for row in people.sessions()
    )
    for name, documents in ((schema.ACCOUNTS, accounts), (schema.SESSIONS, made)):
        while batch := list(itertools.islice(documents, 1_000)):
            target[name].insert_many(batch)
    database.close()
