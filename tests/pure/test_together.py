"""Several things at once: all of them are done, and the earliest failure is told."""

import asyncio

import pytest

from auth_portal.core.together import together


async def late(done: list[str], name: str, fault: Exception | None = None) -> str:
    await asyncio.sleep(0.01)
    done.append(name)
    if fault is not None:
        raise fault
    return name


def test_the_outcome_is_the_firsts_and_all_begin_in_one_turn_of_the_loop() -> None:
    async def story() -> None:
        done: list[str] = []
        begun: list[str] = []

        async def begin(name: str) -> str:
            begun.append(name)
            return await late(done, name)

        working = asyncio.ensure_future(together(begin("a"), begin("b"), begin("c")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert begun == ["a", "b", "c"]
        assert await working == "a"
        assert sorted(done) == ["a", "b", "c"]

    asyncio.run(story())


def test_one_that_fails_keeps_no_other_from_its_end_and_the_earliest_is_told() -> None:
    async def story() -> None:
        done: list[str] = []
        with pytest.raises(KeyError, match="b"):
            await together(late(done, "a"), late(done, "b", KeyError("b")), late(done, "c", ValueError("c")))
        assert done == ["a", "b", "c"]

    asyncio.run(story())


def test_whoever_is_cancelled_takes_the_others_along() -> None:
    async def story() -> None:
        done: list[str] = []
        working = asyncio.ensure_future(together(late(done, "a"), late(done, "b")))
        await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        await asyncio.sleep(0.03)
        assert done == []

    asyncio.run(story())
