"""The windows in Valkey: shared, kept over a restart of ours, and shut when Valkey is away."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest

from auth_portal.limits.store import State
from auth_portal.storage.valkey.windows import ValkeyWindows
from tests.limits.windows_rig import MINUTE, in_process, reserve_in_parallel, states
from tests.rig.logbook import Logbook
from tests.rig.valkey import Valkey, a_valkey

PATIENCE = 60.0


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A server of the test's own."""
    with a_valkey(tmp_path_factory.mktemp("valkey")) as running:
        yield running


def an_instance(valkey: Valkey, log: Logbook | None = None) -> ValkeyWindows:
    """The windows of one server process."""
    return ValkeyWindows(valkey.url, in_process(), log or Logbook(), patience=PATIENCE)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it, within reason."""
    async with asyncio.timeout(PATIENCE):
        while not await true():  # noqa: ASYNC110 -- another process is what we wait for
            await asyncio.sleep(0.05)


async def warmed(*windows: ValkeyWindows) -> None:
    """The first connection of each is made: a busy machine may take longer than an answer may."""
    for each in windows:
        await until(each.ping)


@pytest.mark.row("BF14")
def test_two_instances_count_together_and_a_new_one_goes_on_counting(valkey: Valkey) -> None:
    async def story() -> None:
        one, other = an_instance(valkey), an_instance(valkey)
        await warmed(one, other)
        for windows in (one, other, one, other, one):
            held = await windows.reserve("a", 5, MINUTE)
            assert held.state is State.RESERVED
            await windows.fail("a", held.mark)
        full = await other.reserve("a", 5, MINUTE)
        assert full.state is State.FULL
        assert timedelta(0) < full.retry_after <= MINUTE
        await one.close()
        await other.close()
        restarted = an_instance(valkey)
        await warmed(restarted)
        assert (await restarted.reserve("a", 5, MINUTE)).state is State.FULL
        await restarted.close()

    asyncio.run(story())


@pytest.mark.row("BF3")
def test_parallel_reservations_on_two_instances_never_exceed_the_places(valkey: Valkey) -> None:
    async def story() -> None:
        one, other = an_instance(valkey), an_instance(valkey)
        await warmed(one, other)
        for round_number in range(10):
            key = f"round-{round_number}"
            both = await asyncio.gather(
                reserve_in_parallel(one, key, 12, 5), reserve_in_parallel(other, key, 12, 5)
            )
            found = states([*both[0], *both[1]])
            assert found[State.RESERVED] == 5
            assert found[State.WAIT] == 19
        await one.close()
        await other.close()

    asyncio.run(story())


def test_a_success_frees_its_place_and_a_window_passes(valkey: Valkey) -> None:
    async def story() -> None:
        windows = an_instance(valkey)
        await warmed(windows)
        held = await windows.reserve("a", 1, MINUTE)
        assert (await windows.reserve("a", 1, MINUTE)).state is State.WAIT
        await windows.give_back("a", held.mark)
        short = timedelta(milliseconds=300)
        again = await windows.reserve("a", 1, short)
        await windows.fail("a", again.mark)

        async def free() -> bool:
            return (await windows.reserve("a", 1, short)).state is State.RESERVED

        await until(free)
        await windows.close()

    asyncio.run(story())


def test_tries_are_counted_up_to_the_rate(valkey: Valkey) -> None:
    async def story() -> None:
        one, other = an_instance(valkey), an_instance(valkey)
        await warmed(one, other)
        for windows in (one, other, one):
            assert await windows.hit("a", 3, MINUTE) is None
        wait = await other.hit("a", 3, MINUTE)
        assert wait is not None
        assert timedelta(0) < wait <= MINUTE
        await one.close()
        await other.close()

    asyncio.run(story())


def test_every_key_expires_by_itself(valkey: Valkey) -> None:
    async def story() -> None:
        windows = an_instance(valkey)
        await warmed(windows)
        held = await windows.reserve("a", 5, MINUTE)
        await windows.reserve("a", 5, MINUTE)
        await windows.fail("a", held.mark)
        await windows.hit("b", 5, MINUTE)
        names = await windows._client.keys("*")
        assert len(names) == 3
        for name in names:
            assert 0 < await windows._client.pttl(name) <= 90_000
        await windows.close()

    asyncio.run(story())


def test_without_valkey_each_instance_counts_by_itself_and_finds_back(valkey: Valkey) -> None:
    async def story() -> None:
        log = Logbook()
        windows = an_instance(valkey, log)
        await warmed(windows)
        held = await windows.reserve("a", 3, MINUTE)
        valkey.kill()
        await windows.fail("a", held.mark)
        for _ in range(2):
            alone = await windows.reserve("a", 3, MINUTE)
            assert alone.state is State.RESERVED
            await windows.fail("a", alone.mark)
        assert (await windows.reserve("a", 3, MINUTE)).state is State.FULL
        assert await windows.hit("b", 1, MINUTE) is None
        assert await windows.hit("b", 1, MINUTE) is not None
        assert len(log.events("warning")) == 1
        await asyncio.to_thread(valkey.start)

        async def shared_again() -> bool:
            await windows.hit("c", 1000, MINUTE)
            return bool(log.events("info"))

        await until(shared_again)
        await windows.close()

    asyncio.run(story())


def test_a_valkey_that_never_answers_slows_only_the_first_requests() -> None:
    """A listening socket that says nothing: after three misses the breaker answers at once."""

    async def story(port: int) -> None:
        log = Logbook()
        windows = ValkeyWindows(f"redis://127.0.0.1:{port}", in_process(), log)
        for _ in range(3):
            assert await windows.hit("a", 3, MINUTE) is None
        assert log.events("warning") == ["Valkey does not answer: this instance counts tries by itself"]
        assert await windows.hit("a", 3, MINUTE) is not None
        await windows.close()

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(story(silent.getsockname()[1]))
