"""The refresh flow under any interleaving: what tabs, slow requests and thieves end up with."""

import asyncio
from dataclasses import dataclass, field
from typing import Never

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auth_portal.core.refusal import UNAUTHORIZED, Refusal
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.mail.letter import LetterKind
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.info import Inform
from auth_portal.sessions.keys import KeyRoom, KeyRules
from auth_portal.sessions.refresh_token import RefreshTokens
from auth_portal.sessions.rotate import Rotate
from auth_portal.sessions.session import EndReason, SessionRules
from tests.pure.builders import (
    SESSION_ID,
    HandClock,
    Heard,
    KeyShelf,
    OneRow,
    a_session,
    a_visitor,
    an_account,
    keyring,
    randomness,
)


@dataclass
class Told:
    """Stands where journal and post stand; keeps the order in which things happened to the row."""

    row: OneRow
    events: list[tuple[object, str | None]] = field(default_factory=list)

    async def record(self, kind: object, visitor: Visitor, **facts: object) -> None:
        del visitor, facts
        self.events.append((kind, self.row.session.end_reason))

    async def post(self, kind: object, recipient: str, **facts: object) -> None:
        del recipient, facts
        self.events.append((kind, self.row.session.end_reason))

    @property
    def kinds(self) -> list[object]:
        return [kind for kind, _ in self.events]


class World:
    """One session, its refresh and info flows, and everything that they touch."""

    def __init__(self, rules: SessionRules | None = None) -> None:
        self.rules = rules or SessionRules()
        self.clock, self.log = HandClock(), Heard()
        self.row = OneRow(a_session(), an_account())
        self.told = Told(self.row)
        shared = KeyRules("HS256", b"s" * 32)
        keys = KeyRoom(KeyShelf(), keyring("seal"), self.clock, randomness, self.log, shared)
        self.access = AccessTokens(keys, "https://a.example", "https://a.example", self.clock, self.rules)
        self.refresh = RefreshTokens(keyring("refresh"))
        self.rotate = Rotate(
            self.row,
            self.refresh,
            self.access,
            self.told.record,
            self.told.post,
            self.clock,
            self.rules,
            self.log,
        )
        self.inform = Inform(self.row, self.refresh, self.access, self.clock, self.rules, self.rotate.doubts)

    def token(self, generation: int) -> str:
        return self.refresh.write(SESSION_ID, generation)

    async def show(self, generation: int, visitor: Visitor | None = None) -> str:
        return (await self.rotate(self.token(generation), visitor or a_visitor())).refresh_token

    async def refused(self, generation: int) -> None:
        with pytest.raises(Refusal) as refusal:
            await self.show(generation)
        assert refusal.value.refused is UNAUTHORIZED


@settings(deadline=None)
@given(st.integers(1, 30), st.lists(st.integers(0, 5), max_size=30))
def test_any_number_of_tabs_inside_the_grace_end_with_the_one_living_token(
    tabs: int, starts: list[int]
) -> None:
    async def story() -> None:
        world = World()

        async def tab(delay: int) -> str:
            for _ in range(delay):
                await asyncio.sleep(0)
            return await world.show(0)

        delays = [*starts, *[0] * tabs][:tabs]
        shown = await asyncio.gather(*(tab(delay) for delay in delays))
        assert world.row.advanced == 1
        assert set(shown) == {world.token(1)}
        assert world.row.session.ended_at is None
        assert world.told.events == []

    asyncio.run(story())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4_000), st.booleans()), min_size=1, max_size=8))
def test_slow_tabs_among_fast_ones_all_hold_the_living_token_while_the_burst_lasts(
    steps: list[tuple[int, bool]],
) -> None:
    async def story() -> None:
        world = World()
        for pause, from_the_start in steps:
            world.clock.move(milliseconds=pause if world.row.advanced else 0)
            before = world.row.session.generation
            shown = await world.show(0 if from_the_start else before)
            assert shown == world.token(world.row.session.generation)
        assert world.row.session.ended_at is None

    if sum(pause for pause, _ in steps) <= 30_000:
        asyncio.run(story())


def test_an_old_token_after_the_grace_closes_the_family_before_anyone_is_told() -> None:
    async def story() -> None:
        world = World()
        await world.show(0)
        world.clock.move(seconds=31)
        await world.refused(0)
        assert world.told.kinds == [Kind.REFRESH_REUSED, LetterKind.SESSION_REUSED]
        assert {reason for _, reason in world.told.events} == {EndReason.REUSED}
        await world.refused(1)
        assert len(world.told.events) == 2

    asyncio.run(story())


def test_many_reuses_at_once_write_one_letter() -> None:
    async def story() -> None:
        world = World()
        await world.show(0)
        world.clock.move(seconds=31)
        await asyncio.gather(*(world.refused(0) for _ in range(20)))
        assert world.told.kinds == [Kind.REFRESH_REUSED, LetterKind.SESSION_REUSED]

    asyncio.run(story())


def test_the_family_stays_closed_when_the_letter_cannot_be_posted() -> None:
    async def story() -> None:
        world = World()

        async def no_post(kind: object, recipient: str, **facts: object) -> Never:
            raise RuntimeError(kind, recipient, facts)

        object.__setattr__(world.rotate, "post", no_post)
        await world.show(0)
        world.clock.move(seconds=31)
        with pytest.raises(RuntimeError):
            await world.show(0)
        assert world.row.session.end_reason == EndReason.REUSED

    asyncio.run(story())


def test_a_thief_who_refreshed_first_is_found_out_when_the_owner_comes_back() -> None:
    async def story() -> None:
        world = World()
        thief = a_visitor("203.0.113.9", "curl")
        await world.show(0, thief)
        world.clock.move(minutes=10)
        await world.show(1, thief)
        world.clock.move(minutes=10)
        await world.refused(0)
        await world.refused(2)

    asyncio.run(story())


def test_a_token_from_before_the_database_was_restored_ends_the_session_and_writes_to_nobody() -> None:
    async def story() -> None:
        world = World()
        await world.refused(5)
        assert world.row.session.end_reason == EndReason.ROLLED_BACK
        assert world.told.kinds == [Kind.SESSION_ROLLED_BACK]
        assert [level for level, _ in world.log.lines] == ["error"]

    asyncio.run(story())


def test_a_replay_is_journalled_only_when_network_and_program_both_differ() -> None:
    async def story() -> None:
        world = World()
        await world.show(0, a_visitor("192.0.2.1", "Firefox"))
        await world.show(0, a_visitor("203.0.113.9", "Firefox"))
        await world.show(0, a_visitor("192.0.2.1", "curl"))
        assert world.told.events == []
        await world.show(0, a_visitor("203.0.113.9", "curl"))
        assert world.told.kinds == [Kind.REFRESH_REPLAY_ELSEWHERE]

    asyncio.run(story())


def test_a_replay_extends_nothing_beyond_the_rotation() -> None:
    async def story() -> None:
        world = World()
        first = await world.rotate(world.token(0), a_visitor())
        world.clock.move(seconds=20)
        again = await world.rotate(world.token(0), a_visitor())
        assert again.refresh_token == first.refresh_token
        assert again.access_expires == first.access_expires
        assert world.row.advanced == 1

    asyncio.run(story())


@pytest.mark.parametrize("generation", [0, 3])
def test_info_writes_nothing_not_even_for_a_reused_or_rolled_back_token(generation: int) -> None:
    async def story() -> None:
        world = World()
        tokens = await world.rotate(world.token(0), a_visitor())
        known = await world.inform(world.token(1), a_visitor())
        assert known.access_expires == tokens.access_expires
        world.clock.move(seconds=31)
        before = world.row.session
        with pytest.raises(Refusal) as refusal:
            await world.inform(world.token(generation), a_visitor())
        assert refusal.value.refused is UNAUTHORIZED
        assert world.row.session == before
        assert world.told.events == []

    asyncio.run(story())


def test_info_accepts_what_refreshing_would_replay() -> None:
    async def story() -> None:
        world = World()
        await world.show(0)
        world.clock.move(seconds=29)
        assert (await world.inform(world.token(0), a_visitor())).session.generation == 1

    asyncio.run(story())


def test_without_grace_the_loser_of_a_race_closes_the_session() -> None:
    async def story() -> None:
        world = World(SessionRules(grace=SessionRules().grace * 0))
        ends = await asyncio.gather(world.show(0), world.show(0), return_exceptions=True)
        assert sum(isinstance(end, Refusal) for end in ends) == 1
        assert world.row.session.end_reason == EndReason.REUSED

    asyncio.run(story())
