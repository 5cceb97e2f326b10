"""The SQLite writer: many changes in one commit, all or nothing, nobody waits for ever."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from auth_portal.core.refusal import Refusal
from auth_portal.journal.event import Event
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.driver import Statement, Step, TakenError, Work
from auth_portal.storage.sql.open import open_sql
from auth_portal.storage.sql.sqlite import SqliteDatabase
from auth_portal.storage.stores import Stores
from tests.ports.builders import a_ticket, an_event, an_id
from tests.ports.openers import Quiet

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(folder: Path, **rules: Any) -> AsyncIterator[tuple[Stores, SqliteDatabase]]:
    """A migrated file and the database behind its ports."""
    stores = await open_sql(StorageRules(f"sqlite:///{folder / 'portal.db'}", **rules), Quiet())
    try:
        await stores.admin.migrate(lambda _line: None)
        yield stores, cast(Any, stores.journal)._db
    finally:
        await stores.close()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another process writes."""
    with closing(sqlite3.connect(folder / "portal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def until(true: Any) -> None:
    """Wait for something that comes soon."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def held(stores: Stores, db: SqliteDatabase) -> asyncio.Task[None]:
    """A change that the writer has taken and cannot commit yet: what comes now is the next batch."""
    first = asyncio.create_task(stores.journal.append(an_event(an_id())))
    await asyncio.sleep(0.01)
    await until(lambda: not db.writer._waiting)
    return first


def pragma(text: str) -> Any:
    """A job that runs a pragma on the writer's own connection."""

    def work() -> Work[Any]:
        return (yield Step(Statement(f"PRAGMA {text}", (), {}, returns_rows=True), {})).rows

    return work


async def events(stores: Stores, account_id: str) -> list[Event]:
    return await stores.journal.of(account_id, None, 999)


async def test_the_changes_of_one_turn_of_the_loop_share_a_commit(tmp_path: Path) -> None:
    async with opened(tmp_path) as (stores, db):
        account_id, commits, changes = an_id(), db.writer.commits, db.writer.changes
        with locked(tmp_path):
            first = await held(stores, db)
            turn = [asyncio.create_task(stores.journal.append(an_event(account_id))) for _ in range(300)]
            in_queue: list[int] = []
            asyncio.get_running_loop().call_soon(lambda: in_queue.append(len(db.writer._waiting)))
            await asyncio.sleep(0.01)
            assert (in_queue, len(db.writer._waiting)) == ([0], 300), "they go over together"
        await asyncio.gather(first, *turn)
        assert len(await events(stores, account_id)) == 300
        assert db.writer.changes - changes == 301
        assert db.writer.commits - commits == 2


async def test_what_is_answered_is_durable(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_stores, db):
        assert await db.transaction(pragma("journal_mode")) == [("wal",)]
        assert await db.transaction(pragma("synchronous")) == [(2,)]
        assert db.file.path.stat().st_mode & 0o777 == 0o600


async def test_one_refused_change_spoils_no_neighbour(tmp_path: Path) -> None:
    async with opened(tmp_path) as (stores, db):
        account_id, ticket = an_id(), a_ticket()
        await stores.tickets.add(ticket)
        with locked(tmp_path):
            first = await held(stores, db)
            jobs = [stores.journal.append(an_event(account_id)), stores.tickets.add(ticket)]
            batch = asyncio.gather(*jobs, stores.journal.append(an_event(account_id)), return_exceptions=True)
            await asyncio.sleep(0.05)
        await first
        before, refused, behind = await batch
        assert (before, behind) == (None, None)
        assert isinstance(refused, TakenError)
        assert len(await events(stores, account_id)) == 2


async def test_a_full_disk_fails_the_whole_batch_and_leaves_no_half(tmp_path: Path) -> None:
    async with opened(tmp_path) as (stores, db):
        account_id = an_id()
        pages = (await db.transaction(pragma("page_count")))[0][0]
        await db.transaction(pragma(f"max_page_count = {pages + 4}"))
        with locked(tmp_path):
            first = await held(stores, db)
            small = [stores.journal.append(an_event(account_id)) for _ in range(5)]
            big = stores.journal.append(an_event(account_id, user_agent="x" * 200_000))
            batch = asyncio.gather(
                *small, big, stores.journal.append(an_event(account_id)), return_exceptions=True
            )
            await asyncio.sleep(0.05)
        await first
        answers = await batch
        assert [getattr(answer, "refused", None) and answer.refused.code for answer in answers] == [
            "unavailable"
        ] * 7
        assert await events(stores, account_id) == []
        assert (await stores.admin.check())[0].good
        await db.transaction(pragma("max_page_count = 1000000"))
        await stores.journal.append(an_event(account_id))
        assert len(await events(stores, account_id)) == 1


async def test_a_withdrawn_change_is_not_applied(tmp_path: Path) -> None:
    async with opened(tmp_path) as (stores, db):
        account_id = an_id()
        with locked(tmp_path):
            first = await held(stores, db)
            withdrawn = asyncio.create_task(stores.journal.append(an_event(account_id)))
            kept = asyncio.create_task(stores.journal.append(an_event(account_id, ip="kept")))
            await asyncio.sleep(0.01)
            withdrawn.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(first, kept)
        assert [event.ip for event in await events(stores, account_id)] == ["kept"]


async def test_a_lock_that_stays_is_answered_503_and_reads_go_on(tmp_path: Path) -> None:
    async with opened(tmp_path, busy_wait=timedelta(milliseconds=300)) as (stores, _db):
        account_id = an_id()
        with locked(tmp_path):
            waiting = asyncio.create_task(stores.journal.append(an_event(account_id)))
            assert await stores.accounts.find(account_id) is None
            with pytest.raises(Refusal, match="locked") as refusal:
                await waiting
            assert refusal.value.untouched
        assert await events(stores, account_id) == []
        await stores.journal.append(an_event(account_id))


async def test_a_lock_that_goes_is_waited_for(tmp_path: Path) -> None:
    async with opened(tmp_path, busy_wait=timedelta(seconds=60)) as (stores, db):
        with locked(tmp_path):
            first = await held(stores, db)
            await asyncio.sleep(0.3)
            assert not first.done()
        await first


async def test_the_queue_is_bounded(tmp_path: Path) -> None:
    async with opened(tmp_path, writer_queue=3) as (stores, db):
        account_id = an_id()
        with locked(tmp_path):
            first = await held(stores, db)
            waiting = [asyncio.create_task(stores.journal.append(an_event(account_id))) for _ in range(3)]
            await asyncio.sleep(0)
            for _ in range(2):  # waiting on the loop, then in the queue
                with pytest.raises(Refusal, match="too many") as refusal:
                    await stores.journal.append(an_event(account_id))
                assert refusal.value.untouched
                await asyncio.sleep(0.01)
        await asyncio.gather(first, *waiting)
        assert len(await events(stores, account_id)) == 3


async def test_bells_do_not_pile_up_while_the_writer_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as (stores, db):
        account_id, unheard, write = an_id(), [], db.writer._write

        def watched(connection: sqlite3.Connection, batch: Any) -> Any:
            unheard.append(db.writer._bell.qsize())
            return write(connection, batch)

        monkeypatch.setattr(db.writer, "_write", watched)
        with locked(tmp_path):
            first = await held(stores, db)
            waiting = []
            for _ in range(20):  # a turn of the loop each
                waiting.append(asyncio.create_task(stores.journal.append(an_event(account_id))))
                await asyncio.sleep(0.001)
        await asyncio.gather(first, *waiting)
        assert unheard == [0, 0]


async def test_a_writer_that_dies_answers_everyone_and_is_started_anew(tmp_path: Path) -> None:
    def deadly() -> Work[None]:
        yield Step(Statement("DELETE FROM events", (), {}, returns_rows=False), {})
        raise SystemExit

    async with opened(tmp_path) as (stores, db):
        account_id = an_id()
        await stores.journal.append(an_event(account_id))
        with locked(tmp_path):
            first = await held(stores, db)
            deaths = asyncio.gather(
                db.transaction(deadly),
                stores.journal.append(an_event(account_id)),
                return_exceptions=True,
            )
            await asyncio.sleep(0.05)
        await first
        assert [str(death).split()[0] for death in await deaths] == ["unavailable"] * 2
        assert not db.writer.ready
        with pytest.raises(Refusal):
            await stores.ping()
        await until(lambda: db.writer.ready)
        await stores.ping()
        await stores.journal.append(an_event(account_id))
        assert len(await events(stores, account_id)) == 2


async def test_closing_writes_what_waits_and_then_refuses(tmp_path: Path) -> None:
    account_id = an_id()
    async with opened(tmp_path) as (stores, _db):
        waiting = [asyncio.create_task(stores.journal.append(an_event(account_id))) for _ in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    with pytest.raises(Refusal, match="closed"):
        await stores.journal.append(an_event(account_id))
    with pytest.raises(Refusal, match="closed"):
        await stores.accounts.find(account_id)
    async with opened(tmp_path) as (again, _db):
        assert len(await events(again, account_id)) == 20
