"""Sweeping beside very many living sessions of long ago: no change grows with them, a page is a page."""

import asyncio
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from auth_portal.sessions.session import Session, SessionRules
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.open import open_sql
from auth_portal.storage.sql.sessions import from_session
from auth_portal.storage.sql.sqlite_connection import SqliteFile
from auth_portal.storage.stores import Stores
from auth_portal.sweep import Sweep
from tests.ports.builders import NOW, a_session, after, an_account, kept
from tests.ports.openers import Quiet

pytestmark = pytest.mark.anyio

LONG_AGO = after(days=-150)
STEPS = 50  # how finely the virtual machine's steps are counted
OLD_LIVING = 5_000
BOUND = 2_000  # steps; walking 5,000 rows takes more than 20,000


def days_ago(days: int, **facts: Any) -> Session:
    """A session that was made and last used so long ago."""
    at = after(days=-days)
    return a_session(an_account(), created_at=at, rotated_at=at, **facts)


def still_used(count: int) -> list[Session]:
    """Sessions of long ago that were used just now."""
    return [
        a_session(an_account(), created_at=LONG_AGO + timedelta(seconds=number)) for number in range(count)
    ]


async def walk(stores: Stores, before: datetime, at_most: int) -> list[int]:
    """How many each page removed, from the beginning to the end of a walk."""
    removed: list[int] = []
    since: datetime | None = None
    while True:
        page = await stores.sessions.sweep_unused(before, since, at_most)
        removed.append(page.removed)
        since = page.then
        if since is None:
            return removed


async def test_a_walk_takes_the_unused_and_leaves_the_used_page_by_page(stores: Stores) -> None:
    account = await kept(stores)
    used = [a_session(account, created_at=after(days=-20, seconds=n)) for n in range(7)]
    unused = [
        a_session(account, created_at=at, rotated_at=at)
        for at in (after(days=-20, seconds=n + 0.5) for n in range(7))
    ]
    young = a_session(account, created_at=after(days=-1), rotated_at=after(days=-1))
    for session in (*used, *unused, young):
        await stores.sessions.open(session)
    pages = await walk(stores, after(days=-5), 4)
    assert sum(pages) == 7
    assert max(pages) <= 4
    assert len(pages) > 3, "a page looks at no more than it may remove"
    for session in unused:
        assert await stores.sessions.find(session.id) is None
    for session in (*used, young):
        assert await stores.sessions.find(session.id) is not None
    assert sum(await walk(stores, after(days=-5), 4)) == 0


async def test_sessions_of_one_instant_hold_up_no_walk(stores: Stores) -> None:
    account = await kept(stores)
    at = after(days=-20)
    for _ in range(5):
        await stores.sessions.open(a_session(account, created_at=at))
    later = after(days=-19)
    for _ in range(5):
        await stores.sessions.open(a_session(account, created_at=later, rotated_at=later))
    assert sum(await walk(stores, after(days=-5), 2)) == 5


async def test_more_than_one_deletion_can_name_go_in_one_page(stores: Stores) -> None:
    account = await kept(stores)
    for number in range(230):
        at = after(days=-20, seconds=number)
        await stores.sessions.open(a_session(account, created_at=at, rotated_at=at))
    assert await walk(stores, after(days=-5), 225) == [225, 5]


class Meter:
    """Counts what SQLite's virtual machine does on the writer's thread."""

    def __init__(self) -> None:
        self.steps = 0

    def __call__(self) -> int:
        if threading.current_thread().name == "sqlite-writer":
            self.steps += STEPS
        return 0


async def test_no_change_on_sqlite_grows_with_living_sessions_of_long_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, connect = Meter(), SqliteFile.connect

    def metered(self: SqliteFile, *given: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(self, *given, **named)
        connection.set_progress_handler(meter, STEPS)
        return connection

    monkeypatch.setattr(SqliteFile, "connect", metered)
    file = tmp_path / "portal.db"
    stores = await open_sql(StorageRules(f"sqlite:///{file}"), Quiet())
    await stores.admin.migrate(lambda _line: None)
    await asyncio.to_thread(insert, file, [*still_used(OLD_LIVING), *(days_ago(140) for _ in range(3))])
    meter.steps = 0
    day = timedelta(days=1)
    sweep = Sweep(stores, cast(Any, None), lambda: NOW, SessionRules(), day, day, day, Quiet())
    swept = await sweep()
    await stores.close()
    assert swept["sessions"] == 3
    assert 0 < meter.steps < BOUND


def insert(file: Path, sessions: list[Session]) -> None:
    """Put them into the table at once."""
    rows = [from_session(session) for session in sessions]
    places = ", ".join(f":{name}" for name in rows[0])
    connection = sqlite3.connect(file)
    connection.executemany(f"INSERT INTO sessions ({', '.join(rows[0])}) VALUES ({places})", rows)
    connection.commit()
    connection.close()
