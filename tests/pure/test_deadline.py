"""One watch for every request that may change something: who is late is cut, and nobody else."""

import asyncio

import pytest

from auth_portal.core.refusal import UNAVAILABLE, Refusal
from auth_portal.http.deadline import Deadline


async def work(deadline: Deadline, seconds: float, ended: list[str], name: str) -> str:
    with deadline.kept():
        await asyncio.sleep(seconds)
        ended.append(name)
        return name


def test_whoever_is_late_is_cut_and_answered_503_and_the_others_go_on() -> None:
    async def story() -> None:
        deadline, ended = Deadline(0.2), list[str]()
        late = [asyncio.create_task(work(deadline, 30, ended, f"late-{number}")) for number in range(3)]
        quick = asyncio.create_task(work(deadline, 0.01, ended, "quick"))
        assert await quick == "quick"
        for task in late:
            with pytest.raises(Refusal) as refusal:
                async with asyncio.timeout(2):
                    await task
            assert refusal.value.refused is UNAVAILABLE
            assert task.cancelling() == 0
        assert ended == ["quick"]

    asyncio.run(story())


def test_what_somebody_else_cancels_stays_cancelled() -> None:
    async def story() -> None:
        deadline = Deadline(5)
        task = asyncio.create_task(work(deadline, 30, [], "gone"))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())


def test_a_request_that_is_cut_and_cancelled_at_once_counts_as_cancelled() -> None:
    async def story() -> None:
        deadline = Deadline(0.1)

        async def stubborn() -> None:
            with deadline.kept():
                try:
                    await asyncio.sleep(30)
                except asyncio.CancelledError:
                    task.cancel()  # the client went away in the same instant
                    raise

        task = asyncio.create_task(stubborn())
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())


def test_the_watch_looks_again_for_whoever_comes_later() -> None:
    async def story() -> None:
        deadline, ended = Deadline(0.1), list[str]()
        assert await work(deadline, 0, ended, "first") == "first"
        await asyncio.sleep(0.25)  # it has looked, and found nobody
        with pytest.raises(Refusal):
            async with asyncio.timeout(2):
                await work(deadline, 30, ended, "late")

    asyncio.run(story())
