"""SQLite as a database of ours: reads by key inline, scans on a thread, writes through the writer."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, cast

from auth_portal.core.log import Log
from auth_portal.core.refusal import unavailable
from auth_portal.storage.sql import sqlite_connection
from auth_portal.storage.sql.driver import Outcome, Result, Row, Statement, Step, Values, Work
from auth_portal.storage.sql.sqlite_connection import SqliteFile
from auth_portal.storage.sql.sqlite_writer import SqliteWriter

NO_WAIT = timedelta(0)  # the loop never waits for a lock
INLINE_CACHE_KIB = 65_536  # among a million accounts six pages lie on the way to one person: 2,500 fit


class SqliteDatabase:
    """One file. Close it, or its threads stay."""

    serial = True

    def __init__(self, file: SqliteFile, most_waiting: int, log: Log) -> None:
        self.file = file
        self.writer = SqliteWriter(lambda: file.connect(file.busy_wait), most_waiting, log)
        self._inline = file.connect_for_reading(NO_WAIT, INLINE_CACHE_KIB)
        self._scanning = file.connect_for_reading(file.busy_wait)
        self._thread = ThreadPoolExecutor(1, "sqlite-reader")

    async def one(self, statement: Statement, values: Values) -> Row | None:
        """Read one row by a key."""
        rows = await self.few(statement, values)
        return rows[0] if rows else None

    async def few(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Read the rows of one key, on the loop: that takes microseconds, a thread would take longer."""
        try:
            return self._inline.execute(statement.text, statement.complete(values)).fetchall()
        except sqlite3.Error as error:
            if sqlite_connection.primary_code(error) not in sqlite_connection.BUSY:
                raise _translated(error) from error
            return await self.all(statement, values)

    async def all(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Read rows on the reader's thread; may scan, and may wait for a lock."""
        return await self.on_reader(
            lambda scanning: scanning.execute(statement.text, statement.complete(values)).fetchall()
        )

    async def on_reader(self, look: Callable[[sqlite3.Connection], list[Any]]) -> list[Any]:
        """Run a look at the database on the reader's thread."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, look, self._scanning)
        except sqlite3.Error as error:
            raise _translated(error) from error

    async def change(self, statement: Statement, values: Values) -> Outcome:
        """One statement that writes, committed when this returns."""
        return cast(Outcome, await self.writer.submit(Step(statement, values)))

    async def transaction(self, work: Callable[[], Work[Result]]) -> Result:
        """Several statements, committed together when this returns, or not at all."""
        return cast(Result, await self.writer.submit(work))

    async def close(self) -> None:
        """Write what waits, then close every connection."""
        self.writer.hand_over(asyncio.get_running_loop())
        await asyncio.to_thread(self.writer.close)
        self._thread.shutdown()
        self._inline.close()
        self._scanning.close()


def _translated(error: sqlite3.Error) -> BaseException:
    """A 503 for what is the machine's fault or happened after closing; else the error itself."""
    closed = isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error)
    if closed or sqlite_connection.is_of_the_machine(error):
        return unavailable(f"sqlite: {error}")
    return error
