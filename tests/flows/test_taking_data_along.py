"""The export of a long journal: read in pages between which everybody else has a turn, and not too often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth_portal.accounts.account import Account
from auth_portal.core.ids import new_id
from auth_portal.core.secrets import system_randomness
from auth_portal.journal.event import Event, Kind
from tests.faults.portal_in_process import PASSWORD, InProcess, a_portal

EVENTS = 1_500
LARGEST_PAGE = 300
AN_HOUR = 10  # exports of one account
OK, TOO_MANY = httpx.codes.OK, httpx.codes.TOO_MANY_REQUESTS

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The one the server runs on."""
    return "asyncio"


class Turns:
    """Somebody else on the same loop: counts how often it is their turn."""

    count = 0

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        """While the block lasts."""
        other = asyncio.create_task(self._count())
        try:
            yield
        finally:
            other.cancel()

    async def _count(self) -> None:
        while True:
            self.count += 1
            await asyncio.sleep(0)


async def bearer(portal: InProcess, account: Account) -> str:
    """The header of somebody who has signed in."""
    said = {"email": account.email, "password": PASSWORD}
    return f"Bearer {(await portal.post('/auth/login', said)).json()['token']}"


async def export(portal: InProcess, authorization: str) -> httpx.Response:
    """What is known about them."""
    return await portal.send("GET", "/auth/me/export", authorization=authorization)


def an_event(portal: InProcess, account: Account, mark: str) -> Event:
    """One that has just happened."""
    now = portal.portal.wiring.clock()
    facts = {"mark": mark}
    return Event(new_id(now, system_randomness), Kind.PROFILE_CHANGED, now, account.id, facts=facts)


async def a_long_journal(portal: InProcess, account: Account) -> list[str]:
    """The marks of what happened to them, newest first."""
    events = [an_event(portal, account, str(number)) for number in range(EVENTS)]
    await asyncio.gather(*(portal.portal.stores.journal.append(event) for event in events))
    return [event.facts["mark"] for event in sorted(events, key=lambda event: event.id, reverse=True)]


async def test_a_long_journal_is_exported_whole_while_others_have_their_turns(tmp_path: Path) -> None:
    """What happens meanwhile is in the next export; nothing stands in this one twice."""
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person()
        known = await a_long_journal(portal, account)
        authorization = await bearer(portal, account)
        turns, asked, waits = Turns(), list[int](), list[int]()

        async def of(real: Any, account_id: str, before: str | None, at_most: int) -> Any:
            asked.append(at_most)
            begun = turns.count
            page = await real(account_id, before, at_most)
            waits.append(turns.count - begun)
            await portal.portal.stores.journal.append(an_event(portal, account, f"later {len(asked)}"))
            return page

        portal.fault.instead["journal.of"] = of
        async with turns.counted():
            answer = await export(portal, authorization)
    marks = [event["facts"]["mark"] for event in answer.json()["events"] if "mark" in event["facts"]]
    assert marks == known
    assert max(asked) <= LARGEST_PAGE
    assert len(asked) > EVENTS // LARGEST_PAGE
    assert min(waits) > 0, "a page of that size is not read on the loop"


async def test_others_have_a_turn_between_two_pages_even_of_a_journal_that_never_waits(
    tmp_path: Path,
) -> None:
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person()
        authorization = await bearer(portal, account)
        events = sorted(
            (an_event(portal, account, str(number)) for number in range(EVENTS)),
            key=lambda event: event.id,
            reverse=True,
        )
        turns, seen = Turns(), list[int]()

        async def of(_: Any, account_id: str, before: str | None, at_most: int) -> list[Event]:
            assert account_id == account.id
            seen.append(turns.count)
            return [event for event in events if before is None or event.id < before][:at_most]

        portal.fault.instead["journal.of"] = of
        async with turns.counted():
            answer = await export(portal, authorization)
    assert [event["facts"]["mark"] for event in answer.json()["events"]] == [
        event.facts["mark"] for event in events
    ]
    assert len(seen) > EVENTS // LARGEST_PAGE
    assert len(set(seen)) == len(seen), "it was somebody else's turn before each page but the first"


async def test_an_account_is_exported_ten_times_an_hour(tmp_path: Path) -> None:
    async with a_portal(tmp_path, RATE_LIMITS="on") as portal:
        ada, _ = await portal.a_person()
        bob, _ = await portal.a_person("bob@example.org")
        one, other = await bearer(portal, ada), await bearer(portal, bob)
        another_device = await bearer(portal, ada)
        answers = [await export(portal, one) for _ in range(AN_HOUR)]
        assert {answer.status_code for answer in answers} == {OK}
        refused = await export(portal, another_device)
        assert refused.status_code == TOO_MANY
        assert refused.json()["code"] == "too_many_requests"
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert (await export(portal, other)).status_code == OK
        assert (await portal.events(ada)).count(Kind.DATA_EXPORTED) == AN_HOUR
