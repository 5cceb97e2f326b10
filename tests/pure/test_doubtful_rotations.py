"""OP2: a database that stood still carries out rotations whose requests were answered 503 long ago."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auth_portal.core.refusal import UNAVAILABLE, Refusal, unavailable
from auth_portal.sessions.doubts import MOST, Doubts
from auth_portal.sessions.session import EndReason
from tests.pure.builders import START, OneRow, a_session, a_visitor
from tests.pure.test_interleavings import World


class Stalled(OneRow):
    """A database that carries out what it is asked, and says so to nobody."""

    silent: bool = False

    async def find(self, session_id: str) -> Any:
        """As ever, and nothing while it is silent."""
        if self.silent:
            raise unavailable("no answer in time")
        return await super().find(session_id)

    async def advance(self, *args: Any, **named: Any) -> bool:
        """As ever, without an answer while it is silent."""
        won = await super().advance(*args, **named)
        if self.silent:
            raise unavailable("no answer in time")
        return won


async def stalled(world: World, *, times: int = 1) -> Stalled:
    """A world whose database carried out rotations of generation 0 that were answered 503; hours pass."""
    row = Stalled(world.row.session, world.row.account)
    world.row = row
    row.silent = True
    for flow in (world.rotate, world.inform):
        object.__setattr__(flow, "sessions", row)
    before, carried_out = row.session, None
    for _ in range(times):
        with pytest.raises(Refusal) as refusal:
            await world.rotate(world.token(0), a_visitor())
        assert refusal.value.refused is UNAVAILABLE
        carried_out = carried_out or row.session  # the first; the others come too late for their guard
        row.session = before  # nobody sees it yet
        world.clock.move(seconds=7)
    row.session = carried_out or before
    row.silent = False
    world.clock.move(hours=3)
    return row


@pytest.mark.row("OP2")
def test_a_rotation_that_was_answered_503_and_came_true_hours_later_signs_nobody_out() -> None:
    async def story() -> None:
        world = World()
        row = await stalled(world, times=3)
        assert (await world.inform(world.token(0), a_visitor())).session == row.session
        assert await world.show(0) == world.token(2)
        world.clock.move(seconds=5)
        assert await world.show(0) == world.token(2), "a second tab, inside the grace"
        world.clock.move(minutes=5)
        assert await world.show(2) == world.token(3)
        assert world.told.kinds == []

    asyncio.run(story())


@pytest.mark.row("OP2")
def test_such_a_rotation_excuses_no_token_once_its_successor_was_used() -> None:
    async def story() -> None:
        world = World()
        row = await stalled(world)
        assert await world.show(0) == world.token(2)
        world.clock.move(minutes=5)
        await world.refused(0)
        assert row.session.end_reason == EndReason.REUSED

    asyncio.run(story())


@pytest.mark.row("OP2")
def test_a_rotation_that_was_told_is_not_excused_by_an_earlier_one_that_was_not() -> None:
    async def story() -> None:
        world = World()
        row = await stalled(world)
        row.session = replace(row.session, generation=0)  # that one was never carried out
        assert await world.show(0) == world.token(1)
        world.clock.move(hours=1)
        await world.refused(0)

    asyncio.run(story())


@pytest.mark.row("OP2", "RF5")
def test_such_a_rotation_excuses_no_token_once_its_successor_was_handed_out() -> None:
    """Inside the grace the old token is replayed: from then on somebody holds the new one."""

    async def story() -> None:
        world = World()
        row = await stalled(world)
        world.clock.move(hours=-3)
        assert await world.show(0) == world.token(1)
        world.clock.move(minutes=5)
        await world.refused(0)
        assert row.session.end_reason == EndReason.REUSED

    asyncio.run(story())


def test_no_more_than_so_many_are_remembered() -> None:
    doubts, session = Doubts(), a_session()
    doubts.note(session.id, session.generation, START, unavailable("no answer"))
    rotated = replace(session, generation=session.generation + 1, rotated_at=START)
    assert doubts.explain(rotated, session.generation)
    for number in range(MOST):
        doubts.note(f"other-{number}", session.generation, START, unavailable("no answer"))
    assert not doubts.explain(rotated, session.generation)


def test_what_was_certainly_not_carried_out_and_the_tries_of_one_client_push_nothing_out() -> None:
    doubts, session = Doubts(), a_session()
    doubts.note(session.id, session.generation, START, unavailable("no answer"))
    rotated = replace(session, generation=session.generation + 1, rotated_at=START)
    for number in range(MOST):
        doubts.note(f"other-{number}", session.generation, START, unavailable("full", untouched=True))
        doubts.note("stubborn", 0, START + timedelta(seconds=number), unavailable("no answer"))
    assert doubts.explain(rotated, session.generation)
