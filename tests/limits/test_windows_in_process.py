"""The windows in process: what a place is, when it is free again, and that memory stays bounded."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_portal.limits.store import State
from tests.limits.windows_rig import MINUTE, Hand, in_process


def test_a_place_that_failed_is_free_when_its_window_has_passed() -> None:
    async def story() -> None:
        hand = Hand()
        windows = in_process(hand)
        for _ in range(2):
            held = await windows.reserve("a", 2, MINUTE)
            await windows.fail("a", held.mark)
        full = await windows.reserve("a", 2, MINUTE)
        assert full.state is State.FULL
        assert full.retry_after == MINUTE
        hand.move(MINUTE)
        assert (await windows.reserve("a", 2, MINUTE)).state is State.RESERVED

    asyncio.run(story())


def test_a_full_window_says_when_the_next_place_is_free() -> None:
    async def story() -> None:
        hand = Hand()
        windows = in_process(hand)
        for _ in range(3):
            held = await windows.reserve("a", 3, MINUTE)
            await windows.fail("a", held.mark)
            hand.move(timedelta(seconds=10))
        full = await windows.reserve("a", 3, MINUTE)
        assert full.retry_after == timedelta(seconds=30)
        fewer_places = await windows.reserve("a", 1, MINUTE)
        assert fewer_places.retry_after == timedelta(seconds=50)

    asyncio.run(story())


def test_undecided_places_make_others_wait_and_given_back_ones_do_not() -> None:
    async def story() -> None:
        windows = in_process()
        held = await windows.reserve("a", 1, MINUTE)
        assert (await windows.reserve("a", 1, MINUTE)).state is State.WAIT
        assert (await windows.reserve("b", 1, MINUTE)).state is State.RESERVED
        await windows.give_back("a", held.mark)
        assert (await windows.reserve("a", 1, MINUTE)).state is State.RESERVED

    asyncio.run(story())


def test_a_place_held_for_thirty_seconds_counts_as_failed() -> None:
    async def story() -> None:
        hand = Hand()
        windows = in_process(hand)
        await windows.reserve("a", 1, MINUTE)
        hand.move(timedelta(seconds=30))
        found = await windows.reserve("a", 1, MINUTE)
        assert found.state is State.FULL
        assert found.retry_after == timedelta(seconds=30)

    asyncio.run(story())


def test_a_success_that_came_late_still_frees_its_place() -> None:
    async def story() -> None:
        hand = Hand()
        windows = in_process(hand)
        held = await windows.reserve("a", 1, MINUTE)
        hand.move(timedelta(seconds=31))
        assert (await windows.reserve("a", 1, MINUTE)).state is State.FULL
        await windows.give_back("a", held.mark)
        assert (await windows.reserve("a", 1, MINUTE)).state is State.RESERVED

    asyncio.run(story())


def test_tries_that_do_not_fit_are_not_counted() -> None:
    async def story() -> None:
        hand = Hand()
        windows = in_process(hand)
        for _ in range(3):
            assert await windows.hit("a", 3, MINUTE) is None
        hand.move(timedelta(seconds=59))
        for _ in range(50):
            assert await windows.hit("a", 3, MINUTE) == timedelta(seconds=1)
        hand.move(timedelta(seconds=1))
        assert await windows.hit("a", 3, MINUTE) is None

    asyncio.run(story())


@pytest.mark.row("BF15")
def test_a_flood_of_keys_leaves_memory_bounded_and_the_newest_in_place() -> None:
    async def story() -> None:
        windows = in_process(most_entries=1000)
        for number in range(20_000):
            held = await windows.reserve(f"key-{number}", 1, MINUTE)
            await windows.fail(f"key-{number}", held.mark)
            assert windows.entries <= 1000
        assert (await windows.reserve("key-19999", 1, MINUTE)).state is State.FULL
        assert (await windows.reserve("key-0", 1, MINUTE)).state is State.RESERVED

    asyncio.run(story())


def test_one_key_with_many_tries_counts_against_the_bound_too() -> None:
    async def story() -> None:
        windows = in_process(most_entries=100)
        for number in range(200):
            await windows.hit(f"key-{number % 10}", 30, MINUTE)
            assert windows.entries <= 100

    asyncio.run(story())


STEP = st.tuples(st.sampled_from(["reserve", "fail", "give_back", "wait"]), st.integers(0, 5))


@given(st.lists(STEP, max_size=60), st.integers(1, 4))
def test_never_more_places_are_taken_than_there_are(steps: list[tuple[str, int]], places: int) -> None:
    """A model beside it: marks held, and the instants of failures within the last minute."""

    async def story() -> None:
        hand = Hand()
        windows = in_process(hand)
        held: dict[str, float] = {}
        failed: list[float] = []
        for what, which in steps:
            if what == "reserve":
                stale = [mark for mark, since in held.items() if hand() - since >= 30]
                failed += [held.pop(mark) for mark in stale]
                failed = [at for at in failed if hand() - at < 60]
                answer = await windows.reserve("a", places, MINUTE)
                free = places - len(failed) - len(held)
                assert (answer.state is State.RESERVED) == (free > 0)
                assert (answer.state is State.FULL) == (len(failed) >= places)
                if answer.state is State.RESERVED:
                    held[answer.mark] = hand()
            elif what == "wait":
                hand.move(timedelta(seconds=which * 7))
            elif held:
                mark = sorted(held)[which % len(held)]
                del held[mark]
                if what == "fail":
                    await windows.fail("a", mark)
                    failed.append(hand())
                else:
                    await windows.give_back("a", mark)

    asyncio.run(story())
