"""Sessions: what each method promises, alone."""

import pytest
from msgspec.structs import replace

from auth_portal.sessions.session import Session
from auth_portal.sessions.store import Found, Page
from auth_portal.storage.stores import Stores
from tests.ports.builders import NOW, a_session, after, an_account, an_id, kept

pytestmark = pytest.mark.anyio


async def opened(stores: Stores, session: Session) -> Session:
    """The session, kept."""
    await stores.sessions.open(session)
    return session


async def now_of(stores: Stores, session: Session) -> Session:
    """The session as the database has it."""
    found = await stores.sessions.find(session.id)
    assert found is not None
    return found.session


async def test_a_session_is_found_together_with_its_account(stores: Stores) -> None:
    account = await kept(stores)
    plain = await opened(stores, a_session(account))
    full = await opened(
        stores,
        a_session(
            account,
            epoch=3,
            generation=9,
            burst_from=7,
            burst_at=after(seconds=1),
            rotated_at=after(seconds=2),
            ended_at=after(seconds=3),
            end_reason="signed_out",
            user_agent="",
        ),
    )
    assert await stores.sessions.find(plain.id) == Found(plain, account)
    assert await stores.sessions.find(full.id) == Found(full, account)
    assert await stores.sessions.find(an_id()) is None


async def test_a_session_without_its_account_is_not_found(stores: Stores) -> None:
    orphan = await opened(stores, a_session(an_account()))
    assert await stores.sessions.find(orphan.id) is None


async def test_advancing_writes_the_rotation_once(stores: Stores) -> None:
    session = await opened(stores, a_session(await kept(stores)))
    rotation = {
        "burst_from": 0,
        "burst_at": after(seconds=5),
        "now": after(seconds=6),
        "ip": "198.51.100.2",
        "user_agent": "Chrome",
    }
    assert await stores.sessions.advance(session, **rotation)  # type: ignore[arg-type]
    assert not await stores.sessions.advance(session, **rotation)  # type: ignore[arg-type]
    assert await now_of(stores, session) == replace(
        session,
        generation=1,
        burst_at=after(seconds=5),
        rotated_at=after(seconds=6),
        ip="198.51.100.2",
        user_agent="Chrome",
    )


async def test_an_ended_session_does_not_advance(stores: Stores) -> None:
    session = await opened(stores, a_session(await kept(stores)))
    assert await stores.sessions.end(session.id, "signed_out", after(minutes=1))
    assert not await stores.sessions.advance(
        session, burst_from=0, burst_at=NOW, now=NOW, ip="", user_agent=""
    )
    assert (await now_of(stores, session)).generation == 0


async def test_the_first_reason_of_an_ending_stays(stores: Stores) -> None:
    session = await opened(stores, a_session(await kept(stores)))
    assert await stores.sessions.end(session.id, "reused", after(minutes=1))
    assert not await stores.sessions.end(session.id, "signed_out", after(minutes=2))
    assert not await stores.sessions.end(an_id(), "signed_out", NOW)
    ended = await now_of(stores, session)
    assert (ended.ended_at, ended.end_reason) == (after(minutes=1), "reused")


async def test_one_ends_only_sessions_of_ones_own(stores: Stores) -> None:
    owner, other = await kept(stores), await kept(stores)
    session = await opened(stores, a_session(owner))
    assert not await stores.sessions.end_own(other.id, session.id, "ended_by_owner", NOW)
    assert (await now_of(stores, session)).ended_at is None
    assert await stores.sessions.end_own(owner.id, session.id, "ended_by_owner", NOW)


async def test_ending_the_others_keeps_one_or_none(stores: Stores) -> None:
    account, other = await kept(stores), await kept(stores)
    mine = [await opened(stores, a_session(account)) for _ in range(3)]
    theirs = await opened(stores, a_session(other))
    assert await stores.sessions.end_others(account.id, mine[0].id, "ended_by_owner", NOW) == 2
    assert await stores.sessions.end_others(account.id, "", "ended_by_owner", NOW) == 1
    assert await stores.sessions.end_others(account.id, "", "ended_by_owner", NOW) == 0
    assert (await now_of(stores, theirs)).ended_at is None


async def test_opening_ends_the_oldest_over_the_cap_and_bounds_the_rows(stores: Stores) -> None:
    account = await kept(stores)
    sessions = [
        await opened(stores, a_session(account, created_at=after(minutes=minute))) for minute in range(8)
    ]
    newest = a_session(account, created_at=after(hours=1))
    await stores.sessions.open(newest, 3)
    assert await stores.sessions.living(account.id, 0) == [newest, *sessions[:-3:-1]]
    rows = [await stores.sessions.find(session.id) for session in sessions[:6]]
    ended = [(row.session.ended_at, row.session.end_reason) for row in rows if row is not None]
    assert ended == [(after(hours=1), "over_the_cap")] * 3


async def test_the_cap_counts_sessions_of_a_past_epoch_as_ended(stores: Stores) -> None:
    account = await kept(stores, epoch=2)
    past = [await opened(stores, a_session(account, epoch=1)) for _ in range(5)]
    ahead = await opened(stores, a_session(account, epoch=3))
    for _ in range(3):
        await stores.sessions.open(a_session(account), 3)
    assert sum([await stores.sessions.find(session.id) is not None for session in past]) == 3
    assert len(await stores.sessions.living(account.id, 2)) == 3
    assert (await now_of(stores, ahead)).ended_at is None


async def test_the_cap_forgets_by_when_a_session_was_last_of_use(stores: Stores) -> None:
    account = await kept(stores, epoch=2)
    ended = [
        await opened(stores, a_session(account, ended_at=after(hours=hour), end_reason="signed_out"))
        for hour in (1, 3)
    ]
    past = [
        await opened(stores, a_session(account, epoch=1, rotated_at=after(hours=hour))) for hour in (2, 4)
    ]
    living = a_session(account)
    await stores.sessions.open(living, 2)
    left = {one.id for one in (*ended, *past, living) if await stores.sessions.find(one.id) is not None}
    assert left == {ended[1].id, past[1].id, living.id}


async def test_living_sessions_come_newest_first_and_of_one_epoch(stores: Stores) -> None:
    account = await kept(stores)
    old = await opened(stores, a_session(account))
    young = await opened(stores, a_session(account, created_at=after(hours=1)))
    await opened(stores, a_session(account, epoch=1))
    await opened(stores, a_session(account, ended_at=NOW, end_reason="signed_out"))
    assert await stores.sessions.living(account.id, 0) == [young, old]


async def test_renaming_needs_a_living_session_of_ones_own(stores: Stores) -> None:
    account = await kept(stores)
    session = await opened(stores, a_session(account))
    assert not await stores.sessions.rename(an_id(), session.id, "mine")
    assert await stores.sessions.rename(account.id, session.id, "the laptop")
    assert (await now_of(stores, session)).name == "the laptop"
    assert await stores.sessions.end(session.id, "signed_out", NOW)
    assert not await stores.sessions.rename(account.id, session.id, "gone")


async def test_restamping_carries_a_living_session_over_once(stores: Stores) -> None:
    session = await opened(stores, a_session(await kept(stores)))
    assert not await stores.sessions.restamp(session.id, 1, 2)
    assert await stores.sessions.restamp(session.id, 0, 1)
    assert not await stores.sessions.restamp(session.id, 0, 1)
    assert (await now_of(stores, session)).epoch == 1
    assert await stores.sessions.end(session.id, "signed_out", NOW)
    assert not await stores.sessions.restamp(session.id, 1, 2)


async def test_the_sweep_takes_what_ended_or_idled_long_enough_ago(stores: Stores) -> None:
    account = await kept(stores)
    ended = await opened(stores, a_session(account, ended_at=after(days=-2), end_reason="signed_out"))
    idle = await opened(stores, a_session(account, created_at=after(days=-9), rotated_at=after(days=-9)))
    used = await opened(stores, a_session(account, created_at=after(days=-9), rotated_at=NOW))
    fresh = await opened(stores, a_session(account, ended_at=NOW, end_reason="signed_out"))
    assert await stores.sessions.sweep(after(days=-1), 9) == 1
    assert await stores.sessions.sweep_unused(after(days=-5), None, 9) == Page(1, None)
    assert await stores.sessions.find(ended.id) is None
    assert await stores.sessions.find(idle.id) is None
    assert await stores.sessions.find(used.id) is not None
    assert await stores.sessions.find(fresh.id) is not None


async def test_forgetting_removes_every_session_of_the_account(stores: Stores) -> None:
    account, other = await kept(stores), await kept(stores)
    for _ in range(3):
        await opened(stores, a_session(account))
    theirs = await opened(stores, a_session(other))
    assert await stores.sessions.forget(account.id) == 3
    assert await stores.sessions.forget(account.id) == 0
    assert await stores.sessions.find(theirs.id) is not None
