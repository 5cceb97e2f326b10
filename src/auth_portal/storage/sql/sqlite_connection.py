"""Connections to an SQLite file, and which of its errors mean "not now"."""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from auth_portal.core.refusal import Refusal, unavailable
from auth_portal.storage.sql.driver import Outcome, Step
from auth_portal.storage.stores import StorageError

PRIMARY = 0xFF  # the lower byte of an extended error code is the primary one
UNIQUE = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
OF_THE_MACHINE = BUSY | {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_INTERRUPT,
}
STATEMENTS = 256  # prepared statements that a connection keeps
CACHE_KIB = 16_384  # of pages that a connection keeps


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """Where the database lies, and how long its writer waits for a writer of another process."""

    path: Path
    busy_wait: timedelta

    def create(self) -> None:
        """Make the file, readable by its owner only: it holds hashes and sealed keys."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            writing = self.connect(self.busy_wait)
            try:
                mode = writing.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            finally:
                writing.close()
        except (OSError, sqlite3.Error) as error:
            said = f"The SQLite file {self.path} cannot be opened: {error}.{self._hint(error)}"
            raise StorageError(said) from error
        if mode != "wal":
            raise StorageError(f"The file system of {self.path} does not allow SQLite's WAL mode.")

    def _hint(self, error: Exception) -> str:
        """What SQLite's own words leave out."""
        for place in (self.path.parent, self.path):
            if place.exists() and not os.access(place, os.W_OK):
                return f" {place} is read-only, or belongs to another user: the server has to write there."
        if isinstance(error, sqlite3.DatabaseError) and primary_code(error) == sqlite3.SQLITE_NOTADB:
            return " It is damaged, or no database: put a backup in its place by `auth-portal restore --yes`."
        return ""

    def connect(self, wait: timedelta, cache_kib: int = CACHE_KIB) -> sqlite3.Connection:
        """A connection without transactions of its own making; usable from any thread, one at a time."""
        connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode=rw",
            uri=True,
            timeout=wait.total_seconds(),
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS,
        )
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA secure_delete = ON")  # who deletes an account leaves no free page behind
        return connection

    def connect_for_reading(self, wait: timedelta, cache_kib: int = CACHE_KIB) -> sqlite3.Connection:
        """As `connect`, and refuses to write."""
        connection = self.connect(wait, cache_kib)
        connection.execute("PRAGMA query_only = ON")
        return connection


def primary_code(error: sqlite3.Error) -> int:
    """The primary result code; 0 for errors that come from the module and not from SQLite."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & PRIMARY


def is_of_the_machine(error: sqlite3.Error) -> bool:
    """Lock, disk, memory: no fault of the statement, and it may work later."""
    return primary_code(error) in OF_THE_MACHINE


def refusal_for(error: sqlite3.Error) -> Refusal:
    """The 503 for an error of the machine."""
    return unavailable(f"sqlite: {error}")


def execute(connection: sqlite3.Connection, step: Step) -> Outcome:
    """Run one step to its end."""
    cursor = connection.execute(step.statement.text, step.statement.complete(step.values))
    if step.statement.returns_rows:
        rows = cursor.fetchall()
        return Outcome(rows, len(rows))
    return Outcome((), cursor.rowcount)
