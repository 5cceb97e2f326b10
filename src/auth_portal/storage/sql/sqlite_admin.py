"""Health and schema of an SQLite file."""

import asyncio
import shutil
import sqlite3
import stat
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from auth_portal.core.refusal import unavailable
from auth_portal.storage.sql import schema
from auth_portal.storage.sql.sqlite import SqliteDatabase
from auth_portal.storage.stores import Finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

WAIT_FOR_MIGRATION = timedelta(seconds=60)
LEAST_FREE = 200 * 1024 * 1024  # bytes


class SqliteAdmin:
    """See the protocol `Admin`."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db

    async def ping(self) -> None:
        """See the protocol."""
        if not self._db.writer.ready:
            raise unavailable("the SQLite writer is not running")
        await self._db.on_reader(lambda file: file.execute("SELECT count(*) FROM sqlite_schema").fetchall())

    async def close(self) -> None:
        """See the protocol."""
        await self._db.close()

    async def schema_version(self) -> str:
        """See the protocol."""
        rows = await self._db.on_reader(_read_version)
        return str(rows[0][0]) if rows else ""

    async def plan(self) -> list[str]:
        """See the protocol."""
        return schema.pending(await self.schema_version())

    async def require_current(self) -> None:
        """See the protocol."""
        schema.require_current(await self.schema_version())

    async def migrate(self, progress: Callable[[str], None]) -> None:
        """See the protocol. SQLite's own write lock is the lock."""
        version = await self.schema_version()
        schema.refuse_newer(version)
        if version == schema.HEAD:
            return
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 -- heavy, only when there is work

        try:
            await asyncio.to_thread(self._upgrade, progress)
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise schema.not_migrated(error) from error

    def _upgrade(self, progress: Callable[[str], None]) -> None:
        """All pending steps in one transaction."""
        from sqlalchemy import NullPool, create_engine, event  # noqa: PLC0415 -- the same

        engine = create_engine(
            "sqlite://", creator=lambda: self._db.file.connect(WAIT_FOR_MIGRATION), poolclass=NullPool
        )

        def lock(connection: "Connection") -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        event.listen(engine, "begin", lock)
        with engine.begin() as connection:
            schema.upgrade(connection, progress)

    async def check(self) -> list[Finding]:
        """See the protocol."""
        faults = [str(row[0]) for row in await self._db.on_reader(_quick_check)]
        sound = faults == ["ok"]
        folder = self._db.file.path.parent
        free = shutil.disk_usage(folder).free
        others = self._db.file.path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
        return [
            Finding(sound, "The file is sound." if sound else f"The file is damaged: {'; '.join(faults)}"),
            Finding(free >= LEAST_FREE, f"{free // 1024**2} MiB are free in {folder}."),
            Finding(
                not others,
                f"{self._db.file.path} is readable by its owner only."
                if not others
                else f"{self._db.file.path} can be read by other users: chmod 600 it.",
            ),
        ]

    async def row_counts(self) -> dict[str, int]:
        """See the protocol."""
        from auth_portal.storage.sql.tables import METADATA  # noqa: PLC0415 -- heavy

        counted: dict[str, int] = {}
        for table in METADATA.sorted_tables:
            rows = await self._db.on_reader(
                lambda file, name=table.name: file.execute(f"SELECT count(*) FROM {name}").fetchall()  # type: ignore[misc]  # noqa: S608 -- our own table's name
            )
            counted[table.name] = int(rows[0][0])
        return counted


def _read_version(file: sqlite3.Connection) -> list[tuple[str]]:
    """The version, or nothing where no migration has run yet."""
    known = file.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchall()
    return file.execute(schema.READ_VERSION.text).fetchall() if known else []


def _quick_check(file: sqlite3.Connection) -> list[tuple[str]]:
    """What SQLite finds wrong with the file; "ok" when nothing."""
    return file.execute("PRAGMA quick_check(5)").fetchall()
