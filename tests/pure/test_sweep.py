"""A round of the sweep: every room is tried, and the walk along old sessions goes on from round to round."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from auth_portal.core.refusal import Refusal, unavailable
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.store import Page
from auth_portal.storage.stores import Stores
from auth_portal.sweep import STEP, Sweep

pytestmark = pytest.mark.anyio

NOW = datetime.fromisoformat("2026-03-14T15:09:26+00:00")
DAY = timedelta(days=1)
ROOMS = ("tickets", "sessions", "devices", "outbox", "journal", "signing_keys")


@pytest.fixture
def anyio_backend() -> str:
    """The one the server runs on."""
    return "asyncio"


class Room:
    """A room in which nothing is due, or that fails."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.reached = 0

    async def sweep(self, *_given: Any) -> int:
        self.reached += 1
        if self.fault is not None:
            raise self.fault
        return 0

    async def deleted_before(self, *given: Any) -> list[str]:
        return ["x"] * await self.sweep(*given)

    async def sweep_unused(self, *_given: Any) -> Page:
        return Page(0, None)


class Long(Room):
    """Sessions of long ago, ten pages of them; `due` says how many of a page nobody uses."""

    def __init__(self, due: Callable[[int], int]) -> None:
        super().__init__()
        self.due = due
        self.seen: list[int] = []

    async def sweep_unused(self, _before: datetime, since: datetime | None, at_most: int) -> Page:
        assert at_most == STEP
        page = 0 if since is None else int((since - NOW).total_seconds())
        self.seen.append(page)
        then = NOW + timedelta(seconds=page + 1) if page < 9 else None
        return Page(self.due(page), then)


def sweep_of(**rooms: Any) -> tuple[Sweep, dict[str, Room]]:
    """The flow on these rooms, the others having nothing."""
    every: dict[str, Any] = {name: Room() for name in (*ROOMS, "accounts")} | rooms
    stores = Stores("sqlite", admin=cast(Any, None), **every)
    nothing = cast(Any, None)
    return Sweep(stores, nothing, lambda: NOW, SessionRules(), DAY, DAY, DAY, nothing), every


@pytest.mark.parametrize("failing", [*ROOMS, "accounts"])
async def test_a_room_that_fails_keeps_no_other_from_being_swept(failing: str) -> None:
    sweep, rooms = sweep_of(**{failing: Room(unavailable("of the test"))})
    with pytest.raises(Refusal, match="of the test"):
        await sweep()
    assert {name for name, room in rooms.items() if room.reached} == set(rooms)


async def test_of_several_faults_the_first_is_told() -> None:
    sweep, _ = sweep_of(devices=Room(KeyError("first")), journal=Room(ValueError("second")))
    with pytest.raises(KeyError, match="first"):
        await sweep()


async def test_a_round_looks_at_some_pages_and_the_next_goes_on_and_begins_anew() -> None:
    sessions = Long(lambda _page: 1)
    sweep, _ = sweep_of(sessions=sessions)
    assert [(await sweep(pages=4))["sessions"] for _ in range(4)] == [4, 4, 2, 4]
    assert sessions.seen == [*range(10), *range(4)]


async def test_pages_that_are_wholly_unused_cost_a_round_nothing() -> None:
    sessions = Long(lambda page: STEP if page < 5 else 0)
    sweep, _ = sweep_of(sessions=sessions)
    assert (await sweep(pages=2))["sessions"] == 5 * STEP
    assert sessions.seen == [*range(7)]


async def test_the_command_walks_all_the_way_from_the_beginning() -> None:
    sessions = Long(lambda _page: 0)
    sweep, _ = sweep_of(sessions=sessions)
    await sweep(pages=3)
    assert (await sweep())["sessions"] == 0
    assert sessions.seen == [*range(3), *range(10)]
