"""The journal: lines are added, read newest first, and made nobody's."""

import asyncio

import pytest
from msgspec.structs import replace

from auth_portal.storage.stores import Stores
from tests.ports.builders import NOW, OfTomorrow, after, an_event, an_id

pytestmark = pytest.mark.anyio


async def test_events_come_newest_first_in_pages(stores: Stores) -> None:
    account_id = an_id()
    events = [an_event(account_id, id=an_id(after(seconds=second))) for second in range(5)]
    events[2] = replace(events[2], session_id=None, facts={}, outcome="refused")
    for event in events:
        await stores.journal.append(event)
    await stores.journal.append(an_event(an_id()))
    await stores.journal.append(an_event(None))
    assert await stores.journal.of(account_id, None, 2) == [events[4], events[3]]
    assert await stores.journal.of(account_id, events[3].id, 9) == [events[2], events[1], events[0]]
    assert await stores.journal.of(an_id(), None, 9) == []


async def test_an_event_that_a_newer_version_wrote_is_read_as_it_stands(stores: Stores) -> None:
    account_id = an_id()
    await stores.journal.append(an_event(account_id, kind=OfTomorrow.KIND))
    (read,) = await stores.journal.of(account_id, None, 9)
    assert (read.kind, read.kind.value) == ("of tomorrow", "of tomorrow")


async def test_pages_of_hundreds_hold_the_same_as_small_ones(stores: Stores) -> None:
    account_id = an_id()
    events = [an_event(account_id, id=an_id(after(seconds=second))) for second in range(320)]
    await asyncio.gather(*(stores.journal.append(event) for event in events))
    newest = await stores.journal.of(account_id, None, 150)
    assert newest == events[:169:-1]
    rest = await stores.journal.of(account_id, newest[-1].id, 999)
    assert newest + rest == events[::-1]


async def test_a_deleted_accounts_events_tell_nothing_about_a_person(stores: Stores) -> None:
    account_id, other_id = an_id(), an_id()
    mine, theirs = an_event(account_id), an_event(other_id)
    await stores.journal.append(mine)
    await stores.journal.append(theirs)
    assert await stores.journal.pseudonymise(account_id) == 1
    assert await stores.journal.of(account_id, None, 9) == [replace(mine, ip="", user_agent="", facts={})]
    assert await stores.journal.of(other_id, None, 9) == [theirs]


async def test_the_sweep_takes_old_events_in_steps(stores: Stores) -> None:
    account_id = an_id()
    for day in range(4):
        await stores.journal.append(an_event(account_id, at=after(days=day)))
    assert await stores.journal.sweep(after(days=3), 2) == 2
    assert await stores.journal.sweep(after(days=3), 9) == 1
    assert [event.at for event in await stores.journal.of(account_id, None, 9)] == [after(days=3)]
    assert await stores.journal.sweep(NOW, 9) == 0
