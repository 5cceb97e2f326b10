"""What goes on beside the requests: a loop that breaks is told of, and keeps nobody from stopping (OP2)."""

import asyncio
from pathlib import Path

import pytest

from auth_portal.app import Background
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
