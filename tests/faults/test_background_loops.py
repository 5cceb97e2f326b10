"""What goes on beside the requests: a loop that breaks is told of, and keeps nobody from stopping (OP2)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from auth_portal.app import Background
from auth_portal.core.refusal import unavailable
from tests.faults.portal_in_process import a_portal

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The one the server runs on."""
    return "asyncio"


async def test_a_loop_that_breaks_is_told_of_at_once_and_stopping_ends_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_self: Background) -> None:
        raise KeyError("of the test")

    monkeypatch.setattr(Background, "_keys", broken)
    async with a_portal(tmp_path) as portal:
        background = Background(portal.portal)
        background.start()
        await asyncio.sleep(0.05)
        assert "what goes on beside the requests broke" in portal.log.events("error")
        await background.stop()
        assert all(task.done() for task in background.tasks)


@pytest.mark.row("OP2")
async def test_a_database_that_is_away_neither_ends_the_counting_of_letters_nor_floods_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: list[Exception] = []

    async def away(real: Any) -> Any:
        faults.append(unavailable("away") if len(faults) < 20 else RuntimeError("a mistake of the test"))
        if len(faults) <= 40:
            raise faults[-1]
        return await real()

    monkeypatch.setattr("auth_portal.app.COUNT_EVERY", 0.005)
    async with a_portal(tmp_path) as portal:
        portal.fault.instead["outbox.counts"] = away
        background = Background(portal.portal)
        background.start()
        async with asyncio.timeout(10):
            while b'auth_portal_outbox{state="dead"} 0.0' not in portal.portal.wiring.metrics.render():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert portal.log.events("error") == ["letters could not be counted"]
        assert portal.log.events("warning") == []
        await background.stop()


@pytest.mark.row("OP6")
async def test_who_has_been_told_to_end_is_let_finish_its_farewell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    async def polite(_self: Background) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
            said.append("farewell")

    monkeypatch.setattr(Background, "_keys", polite)
    async with a_portal(tmp_path) as portal:
        background = Background(portal.portal)
        background.start()
        await asyncio.sleep(0.05)
        background.leave()
        await asyncio.sleep(0.05)
        await background.stop()
        assert said == ["farewell"]


async def test_a_loop_that_does_not_end_delays_no_stop_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stubborn(_self: Background) -> None:
        over = asyncio.get_running_loop().time() + 2
        while asyncio.get_running_loop().time() < over:
            try:
                await asyncio.sleep(0.1)
            except asyncio.CancelledError:
                continue

    monkeypatch.setattr(Background, "_keys", stubborn)
    monkeypatch.setattr("auth_portal.app.LONGEST_STOP", 0.2)
    async with a_portal(tmp_path) as portal:
        background = Background(portal.portal)
        background.start()
        await asyncio.sleep(0.05)
        await asyncio.wait_for(background.stop(), 1)  # noqa: TID251 -- nothing is lost with its result
        assert "what goes on beside the requests does not end" in portal.log.events("error")
        await asyncio.wait(background.tasks)
