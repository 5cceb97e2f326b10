"""Health and schema of a PostgreSQL database."""

from collections.abc import Callable

import asyncpg
from asyncpg.exceptions import InsufficientPrivilegeError, PostgresError

from auth_portal.core.refusal import unavailable
from auth_portal.storage.sql import schema
from auth_portal.storage.sql.driver import Statement
from auth_portal.storage.sql.postgresql import CONNECT_SECONDS, PostgresqlDatabase, plain_url
from auth_portal.storage.stores import Finding

LOCK = 0x61757468  # the advisory lock that is held while migrating, and never else
GRANT = " Let the role of DATABASE_URL own the database, or GRANT CREATE ON SCHEMA public TO it."
PING = Statement("SELECT current_setting('transaction_read_only')", (), {}, returns_rows=True)
HAS_VERSION = Statement("SELECT to_regclass('alembic_version') IS NOT NULL", (), {}, returns_rows=True)
FACTS = Statement(
    "SELECT current_setting('server_version'), current_setting('server_encoding'),"
    " current_setting('synchronous_commit'), current_setting('fsync')",
    (),
    {},
    returns_rows=True,
)


class PostgresqlAdmin:
    """See the protocol `Admin`."""

    def __init__(self, db: PostgresqlDatabase, url: str, statement_cache: int) -> None:
        self._db = db
        self._url = plain_url(url)
        self._statement_cache = statement_cache

    async def ping(self) -> None:
        """See the protocol."""
        row = await self._db.one(PING, {})
        if row is None or row[0] != "off":
            self._db.pool.leave_server()
            raise unavailable("postgresql: the server takes no writes")

    async def close(self) -> None:
        """See the protocol."""
        await self._db.close()

    async def schema_version(self) -> str:
        """See the protocol."""
        known = await self._db.one(HAS_VERSION, {})
        if known is None or not known[0]:
            return ""
        row = await self._db.one(schema.READ_VERSION, {})
        return str(row[0]) if row else ""

    async def plan(self) -> list[str]:
        """See the protocol."""
        return schema.pending(await self.schema_version())

    async def require_current(self) -> None:
        """See the protocol."""
        schema.require_current(await self.schema_version())

    async def migrate(self, progress: Callable[[str], None]) -> None:
        """See the protocol. An advisory lock, held by the transaction that migrates, is the lock."""
        version = await self.schema_version()
        schema.refuse_newer(version)
        if version == schema.HEAD:
            return
        from sqlalchemy import NullPool, text  # noqa: PLC0415 -- only when there is work
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 -- the same
        from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 -- the same

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: asyncpg.connect(self._url, timeout=CONNECT_SECONDS, statement_cache_size=0),
            poolclass=NullPool,
        )
        try:
            async with engine.begin() as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                await connection.run_sync(schema.upgrade, progress)
        except OSError as error:
            raise unavailable(f"postgresql: {type(error).__name__}: {error}") from error
        except (PostgresError, SQLAlchemyError) as error:
            refused = isinstance(schema.own_error(error), InsufficientPrivilegeError)
            raise schema.not_migrated(error, GRANT if refused else "") from error
        finally:
            await engine.dispose()

    async def check(self) -> list[Finding]:
        """See the protocol."""
        row = await self._db.one(FACTS, {})
        assert row is not None  # noqa: S101 -- a SELECT without FROM has one row
        version, encoding, commit, fsync = (str(fact) for fact in row)
        durable = fsync == "on" and commit != "off"
        return [
            Finding(good=True, sentence=f"PostgreSQL {version} answers."),
            Finding(encoding == "UTF8", f"The database's encoding is {encoding}; UTF8 is needed."),
            Finding(durable, f"synchronous_commit is {commit}, fsync is {fsync}."),
            await self._pooler(),
        ]

    async def _pooler(self) -> Finding:
        """A pooler tells another process id in its greeting than the server that answers has."""
        greeted, answering = await self._db.greeted_by()
        if answering == greeted:
            return Finding(good=True, sentence="The connection is direct, no pooler stands between.")
        good = self._statement_cache == 0
        advice = "" if good else ": set DATABASE_STATEMENT_CACHE=0 unless it pools whole sessions"
        return Finding(good, f"A pooler such as PgBouncer stands between{advice}.")

    async def row_counts(self) -> dict[str, int]:
        """See the protocol."""
        from auth_portal.storage.sql.tables import METADATA  # noqa: PLC0415 -- heavy

        counted: dict[str, int] = {}
        for table in METADATA.sorted_tables:
            count = Statement(f"SELECT count(*) FROM {table.name}", (), {}, returns_rows=True)  # noqa: S608
            row = await self._db.one(count, {})
            counted[table.name] = int(row[0]) if row else 0
        return counted
