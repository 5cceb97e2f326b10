"""PostgreSQL that is cut off, silent, restarted, strict, or behind a pooler."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from auth_portal.core.refusal import Kind, Refusal
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.driver import Statement
from auth_portal.storage.sql.open import open_sql
from auth_portal.storage.sql.postgresql import pool_for
from auth_portal.storage.stores import Stores
from tests.ports.builders import (
    NOW,
    a_session,
    after,
    an_account,
    an_event,
    an_identity,
    at_once,
    kept,
    now_of,
)
from tests.ports.openers import OPENERS, Open, Quiet
from tests.rig.ports import free_port
from tests.rig.postgres import run_sql

pytestmark = pytest.mark.anyio
GENEROUS = 30  # seconds; the promise is five


class Line:
    """A telephone line to the server, that can be cut and can go silent."""

    def __init__(self, host: str, port: int) -> None:
        self.port = free_port()
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._speaking = asyncio.Event()
        self._speaking.set()

    async def restore(self) -> None:
        """Take calls."""
        self._server = await asyncio.start_server(self._call, "127.0.0.1", self.port)

    def silence(self) -> None:
        """Connections stay, nothing comes through."""
        self._speaking.clear()

    def speak(self) -> None:
        """Everything comes through again."""
        self._speaking.set()

    async def cut(self) -> None:
        """Every connection ends, no new one is taken."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await asyncio.sleep(0.05)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection(*self._target)
            self._writers += [writer, back]
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                await self._speaking.wait()
                writer.write(chunk)
        writer.close()


class Pooler(Line):
    """Takes no parameters that it does not know, as PgBouncer does."""

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)  # may it be TLS?
        writer.write(b"N")
        greeting = await reader.read(65536)
        if b"_timeout" in greeting:
            said = b"SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0"
            writer.write(b"E" + (len(said) + 4).to_bytes(4) + said)
            writer.close()
            return
        there, back = await asyncio.open_connection(*self._target)
        back.write(greeting)
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))


@asynccontextmanager
async def lined(url: str) -> AsyncIterator[tuple[Stores, Line]]:
    """A migrated database that is reached over a line."""
    parts = urlsplit(url)
    line = Line(str(parts.hostname), int(parts.port or 0))
    await line.restore()
    stores = await open_sql(StorageRules(f"postgresql://postgres@127.0.0.1:{line.port}{parts.path}"), Quiet())
    await stores.admin.migrate(lambda _line: None)
    yield stores, line
    line.speak()
    await stores.close()
    await line.cut()


async def refused(call: Any) -> Refusal:
    """The 503 that the call ends with."""
    with pytest.raises(Refusal) as caught:
        await call
    assert caught.value.refused.kind is Kind.UNAVAILABLE
    assert caught.value.retry_after is not None
    return cast(Refusal, caught.value)


async def test_a_server_that_is_away_means_503_and_back_means_back(empty_postgresql: str) -> None:
    async with lined(empty_postgresql) as (stores, line):
        account = await kept(stores)
        await line.cut()
        await refused(stores.accounts.find(account.id))  # in the middle of which the line was found cut
        assert (await refused(stores.accounts.end_everything(account.id, NOW))).untouched
        await refused(stores.accounts.delete(account.id, NOW))
        await refused(stores.ping())
        await line.restore()
        assert await stores.accounts.find(account.id) == account
        await stores.ping()


async def test_a_silent_server_means_503_and_no_endless_wait(empty_postgresql: str) -> None:
    async with lined(empty_postgresql) as (stores, line):
        account = await kept(stores)
        line.silence()
        started = time.monotonic()
        calls = [refused(stores.accounts.find(account.id)) for _ in range(30)]
        asked = await asyncio.gather(*calls, refused(stores.accounts.delete(account.id, NOW)))
        assert {refusal.untouched for refusal in asked} == {False, True}, "some found no connection in time"
        assert time.monotonic() - started < GENEROUS
        line.speak()
        assert await stores.accounts.find(account.id) == account


async def test_connections_that_the_server_ended_are_replaced(empty_postgresql: str) -> None:
    async with lined(empty_postgresql) as (stores, _line):
        account = await kept(stores)
        await asyncio.gather(*(stores.accounts.find(account.id) for _ in range(20)))
        name = urlsplit(empty_postgresql).path[1:]
        ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        await asyncio.to_thread(run_sql, empty_postgresql.rsplit("/", 1)[0] + "/postgres", ending)
        await asyncio.sleep(0.2)
        found = await asyncio.gather(*(stores.accounts.find(account.id) for _ in range(20)))
        assert found == [account] * 20


@pytest.mark.parametrize("cache", [0, 100])
async def test_a_pooler_that_takes_no_parameters_is_spoken_to_without(
    empty_postgresql: str, cache: int
) -> None:
    parts = urlsplit(empty_postgresql)
    pooler = Pooler(str(parts.hostname), int(parts.port or 0))
    await pooler.restore()
    url = f"postgresql://postgres@127.0.0.1:{pooler.port}{parts.path}"
    stores = await open_sql(StorageRules(url, statement_cache=cache), Quiet())
    await stores.admin.migrate(lambda _line: None)
    await stores.ping()
    await stores.close()
    await pooler.cut()


async def test_opening_needs_no_server() -> None:
    stores = await open_sql(StorageRules(f"postgresql://postgres@127.0.0.1:{free_port()}/x"), Quiet())
    await refused(stores.ping())
    await stores.close()


async def test_strict_isolation_only_means_another_try(empty_postgresql: str) -> None:
    name = urlsplit(empty_postgresql).path[1:]
    strict = f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"
    await asyncio.to_thread(run_sql, empty_postgresql, strict)
    stores = await open_sql(StorageRules(empty_postgresql), Quiet())
    await stores.admin.migrate(lambda _line: None)
    account = await kept(stores, password_hash=None)
    identities = [an_identity(account) for _ in range(4)]
    for identity in identities:
        assert await stores.accounts.link(identity, epoch=0)

    async def reserve(instance: Stores, _number: int) -> bool:
        return await instance.accounts.reserve_try(account.id, today=1, at_most=3)

    async def unlink(instance: Stores, number: int) -> bool:
        return await instance.accounts.unlink(account.id, identities[number].id)

    reserved = await at_once(reserve, stores, times=6)
    unlinked = await at_once(unlink, stores, times=4)
    assert (sum(reserved), sum(unlinked)) == (3, 3)
    assert (await now_of(stores, account)).failures == 3
    await stores.close()


async def test_without_a_statement_cache_everything_works_the_same(empty_postgresql: str) -> None:
    stores = await open_sql(StorageRules(empty_postgresql, statement_cache=0), Quiet())
    await stores.admin.migrate(lambda _line: None)
    account = await kept(stores)
    session = a_session(account)
    await stores.sessions.open(session)
    found = await stores.sessions.find(session.id)
    assert found is not None
    assert found.session == session
    newer = a_session(account, created_at=after(minutes=1))
    await stores.sessions.open(newer, 1)
    assert await stores.sessions.living(account.id, 0) == [newer]
    assert await stores.accounts.delete(account.id, NOW)
    assert await kept_statements(stores) == 0
    await stores.close()


async def kept_statements(stores: Stores) -> int:
    """How many prepared statements the one connection keeps."""
    count = "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''"
    return int((await _asked(stores, count))[0][0])


async def _asked(stores: Stores, text: str) -> Any:
    """The rows of a question, asked on the stores' own connections."""
    return await cast(Any, stores.accounts)._db.all(Statement(text, (), {}, returns_rows=True), {})


@pytest.fixture
def on_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An empty migrated database."""
    with OPENERS["postgresql"](tmp_path_factory.mktemp("postgresql")) as opened:
        yield opened


async def test_text_that_cannot_be_kept_is_a_value_error(on_postgresql: Open) -> None:
    stores = await on_postgresql()
    for text in ("a\0b", "\ud800"):
        with pytest.raises(ValueError, match=r"keep|encode|surrogates|invalid"):
            await stores.accounts.find_by_email(text)
        with pytest.raises(ValueError, match=r"keep|encode|surrogates|invalid"):
            await stores.journal.append(an_event(None, user_agent=text))
    await stores.close()


async def test_nothing_outlives_a_request(on_postgresql: Open) -> None:
    stores = await on_postgresql()
    account = await kept(stores)
    with pytest.raises(ZeroDivisionError):
        await cast(Any, stores.accounts)._db.transaction(_failing)
    assert await stores.accounts.find(account.id) == account
    states = await _asked(
        stores,
        "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert {row[0] for row in states} <= {"idle"}
    await stores.close()


def _failing() -> Any:
    """A change that fails on its way."""
    raise ZeroDivisionError
    yield


@asynccontextmanager
async def demoted(url: str) -> AsyncIterator[Stores]:
    """Stores whose connections are to a server that takes no writes; a new one is to one that does."""
    name = urlsplit(url).path[1:]
    read_only = f"ALTER DATABASE {name} SET default_transaction_read_only = on"
    stores = await open_sql(StorageRules(url), Quiet())
    await stores.admin.migrate(lambda _line: None)
    await stores.close()
    await asyncio.to_thread(run_sql, url, read_only)
    stores = await open_sql(StorageRules(url), Quiet())
    await asyncio.gather(*(stores.accounts.find("nobody") for _ in range(4)))
    back = f"ALTER DATABASE {name} RESET default_transaction_read_only"
    await asyncio.to_thread(run_sql, url, "SET default_transaction_read_only = off", back)
    try:
        yield stores
    finally:
        await stores.close()


async def test_after_a_failover_the_server_that_was_the_primary_is_left(empty_postgresql: str) -> None:
    async with demoted(empty_postgresql) as stores:
        await refused(stores.accounts.create(an_account()))
        account = await kept(stores)
        found = await asyncio.gather(*(stores.accounts.find(account.id) for _ in range(4)))
        assert found == [account] * 4
        await asyncio.gather(*(kept(stores) for _ in range(4)))


async def test_asking_for_health_finds_the_new_primary(empty_postgresql: str) -> None:
    async with demoted(empty_postgresql) as stores:
        assert "no writes" in str((await refused(stores.ping())).cause)
        await stores.ping()
        await asyncio.gather(*(kept(stores) for _ in range(4)))


async def test_a_connection_that_was_busy_when_its_server_was_left_is_not_kept(empty_postgresql: str) -> None:
    pool = pool_for(StorageRules(empty_postgresql))
    busy, idle = await pool.take(), await pool.take()
    pool.give_back(idle)
    pool.leave_server()
    assert idle.is_closed()
    fresh = await pool.take()
    pool.give_back(busy)
    assert busy.is_closed()
    pool.leave_server()  # at once again: the ones that were made since may have reached another server
    pool.give_back(fresh)
    assert not fresh.is_closed()
    await pool.close()
