"""PostgreSQL as a database of ours: a pool, prepared statements, one round trip for one-row methods."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import asyncpg
from asyncpg.exceptions import (
    ClientConfigurationError,
    PostgresError,
    ProtocolViolationError,
    ReadOnlySQLTransactionError,
)

from auth_portal.core.refusal import Refusal, unavailable
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.driver import Outcome, Result, Row, Statement, Step, Values, Work
from auth_portal.storage.sql.postgresql_errors import ONCE_MORE, translated
from auth_portal.storage.sql.postgresql_pool import ConnectionPool

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 4.5  # for the wait for a connection and the statement together
TRIES = 6  # of a change that the database asks to try once more
APPLICATION = {"application_name": "auth-portal"}
# The server gives up before we do: a statement that still waits for a lock when its request was answered
# 503 would be applied much later, and a rotation applied later makes the honest client's token an old one.
GIVES_UP = {"statement_timeout": "4000", "idle_in_transaction_session_timeout": "10000"}
BEGIN = "BEGIN"
BEGIN_POOLED = f"BEGIN; SET LOCAL statement_timeout = {GIVES_UP['statement_timeout']}"


def pool_for(rules: StorageRules) -> ConnectionPool:
    """A pool that connects when it is first needed, so that opening never fails."""
    url = plain_url(rules.url)

    async def dial(settings: dict[str, str]) -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            statement_cache_size=rules.statement_cache,
            max_cached_statement_lifetime=0,
            server_settings=settings,
        )
        return connection

    async def dial_server_or_pooler() -> asyncpg.Connection:
        if rules.statement_cache == 0:
            return await dial(APPLICATION)
        try:
            return await dial(APPLICATION | GIVES_UP)
        except ProtocolViolationError:  # a pooler of whole sessions, which takes no such parameter
            return await dial(APPLICATION)

    async def connect() -> asyncpg.Connection:
        try:
            return await dial_server_or_pooler()
        except (PostgresError, ClientConfigurationError) as error:
            # whoever is not let in has no database: a word in the URL that the server does not know, say
            raise unavailable(f"postgresql: {type(error).__name__}: {error}") from error

    return ConnectionPool(connect, rules.pool)


def plain_url(url: str) -> str:
    """The URL without the name of a driver, as PostgreSQL's own tools write it."""
    scheme, rest = url.split("://", 1)
    return f"{scheme.split('+', 1)[0]}://{rest}"


class PostgresqlDatabase:
    """A pool of connections. Every call answers within about five seconds, if only with a 503."""

    serial = False

    def __init__(self, pool: ConnectionPool, *, statement_cache: int) -> None:
        self.pool = pool
        # Without a cache (a pooler such as PgBouncer stands between) the two messages of one
        # statement may reach two servers, unless a transaction holds them together. Nor do poolers
        # take parameters of a session.
        self._pooled = statement_cache == 0
        self._begin = BEGIN_POOLED if self._pooled else BEGIN

    async def one(self, statement: Statement, values: Values) -> Row | None:
        """Read one row by a key."""
        rows = await self.all(statement, values)
        return rows[0] if rows else None

    async def few(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Read the rows that hang on one key."""
        return await self.all(statement, values)

    async def all(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Read rows."""
        return (await self.change(statement, values)).rows

    async def change(self, statement: Statement, values: Values) -> Outcome:
        """One statement, committed when this returns; one round trip."""
        if self._pooled:
            return await self.transaction(lambda: _alone(statement, values))
        step = Step(statement, values)
        return await self._persist(lambda connection: _execute(connection, step))

    async def transaction(self, work: Callable[[], Work[Result]]) -> Result:
        """Several statements, committed together when this returns, or not at all."""
        return await self._persist(lambda connection: _transact(connection, work(), self._begin))

    async def close(self) -> None:
        """Wait for what runs, then close every connection; those that hang are cut."""
        await self.pool.close()

    async def greeted_by(self) -> tuple[int, int]:
        """The process id in the server's greeting, and that of the server that answers."""
        return await self._persist(_greeted_by)

    async def _persist(self, attempt: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
        """Try, and try again where the database asks for it (40001, deadlock)."""
        sent = False

        async def noticed(connection: asyncpg.Connection) -> Result:
            nonlocal sent
            sent = True
            return await attempt(connection)

        for number in range(TRIES):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await self._once(noticed)
            except ONCE_MORE as error:
                if number == TRIES - 1:
                    raise translated(error) from error
            except Exception as error:
                told = translated(error)
                if isinstance(told, Refusal) and not sent:
                    told.untouched = True
                if told is error:
                    raise
                raise told from error
            await asyncio.sleep(random.uniform(0.2, 1) * 0.01 * 2**number)  # noqa: S311 -- only a pause
        raise AssertionError("the last try returns or raises")

    async def _once(self, attempt: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
        """Use a connection; one that is left in the middle of an answer is cut, not waited for.

        Nor is one kept whose server was the primary until just now: it would answer so for ever.
        """
        connection = await self.pool.take()
        try:
            return await attempt(connection)
        except asyncio.CancelledError:
            connection.terminate()
            raise
        except ReadOnlySQLTransactionError:
            connection.terminate()
            self.pool.leave_server()
            raise
        finally:
            self.pool.give_back(connection)


async def _execute(connection: asyncpg.Connection, step: Step) -> Outcome:
    """Run one step; the count of a statement without rows stands at the end of its status."""
    statement, values = step
    if statement.returns_rows:
        rows = await connection.fetch(statement.text, *statement.positions(values))
        return Outcome(cast(Sequence[Row], rows), len(rows))
    status: str = await connection.execute(statement.text, *statement.positions(values))
    return Outcome((), int(status.rsplit(" ", 1)[-1]))


async def _transact(connection: asyncpg.Connection, work: Work[Result], begin: str) -> Result:
    """Run a change of several steps between BEGIN and COMMIT."""
    await connection.execute(begin)
    try:
        answer = await _drive(connection, work)
    except Exception:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")
    return answer


async def _drive(connection: asyncpg.Connection, work: Work[Result]) -> Result:
    """Send each step's outcome into the work until it returns."""
    try:
        step = next(work)
        while True:
            step = work.send(await _execute(connection, step))
    except StopIteration as end:
        answer: Result = end.value
        return answer


def _alone(statement: Statement, values: Values) -> Work[Any]:
    """A change of one step."""
    return (yield Step(statement, values))


async def _greeted_by(connection: asyncpg.Connection) -> tuple[int, int]:
    """Both process ids; they differ where a pooler stands between."""
    async with connection.transaction():
        answering = await connection.fetchval("SELECT pg_backend_pid()")
    return int(connection.get_server_pid()), int(answering)
