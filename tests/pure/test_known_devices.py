"""Known devices: cookies that only we can write, marks that tell nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from auth_portal.core.secrets import Keyring, RootSecret, decode, encode
from auth_portal.sessions.devices import DeviceCookies, KnownDevices
from auth_portal.sessions.session import SessionRules
from tests.pure.builders import HandClock, a_visitor, keyring, randomness

COOKIES = DeviceCookies(keyring("device-cookie"), randomness)


@dataclass
class Marks:
    """The Devices port on a dictionary."""

    seen: dict[tuple[str, bytes], datetime] = field(default_factory=dict)

    async def knows(self, account_id: str, marks: Sequence[bytes], since: datetime) -> bool:
        return any(
            self.seen.get((account_id, mark), datetime.min.replace(tzinfo=since.tzinfo)) >= since
            for mark in marks
        )

    async def remember(self, account_id: str, marks: Sequence[bytes], now: datetime) -> None:
        self.seen |= {(account_id, mark): now for mark in marks}

    async def forget(self, account_id: str) -> int:
        raise NotImplementedError(account_id)

    async def sweep(self, before: datetime, at_most: int) -> int:
        raise NotImplementedError(before, at_most)


def test_a_cookie_that_was_written_is_read_and_names_the_same_browser() -> None:
    device = COOKIES.fresh()
    assert COOKIES.read(COOKIES.write(device)) == device
    assert COOKIES.fresh() != device


def test_every_flip_of_a_bit_and_every_other_length_is_no_cookie() -> None:
    cookie = COOKIES.write(COOKIES.fresh())
    raw = decode(cookie)
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert COOKIES.read(encode(bytes(changed))) is None
    for other in (cookie[:-1], cookie + "A", "", "é" * len(cookie), "\ud800" * len(cookie), "A" * 1_000_000):
        assert COOKIES.read(other) is None


def test_a_cookie_under_another_root_is_read_only_while_that_root_is_accepted() -> None:
    cookie = COOKIES.write(COOKIES.fresh())
    other = DeviceCookies(RootSecret(b"o" * 32).keyring("device-cookie"), randomness)
    later = DeviceCookies(RootSecret(b"o" * 32, (b"r" * 32,)).keyring("device-cookie"), randomness)
    assert other.read(cookie) is None
    assert later.read(cookie) is not None


class World:
    """Known devices with a shelf of marks."""

    def __init__(self) -> None:
        self.clock, self.marks = HandClock(), Marks()

    def known(self, keys: Keyring | None = None) -> KnownDevices:
        return KnownDevices(self.marks, keys or keyring("marks"), self.clock, SessionRules())


def test_the_browser_or_the_network_is_known_for_the_same_account_only() -> None:
    async def story() -> None:
        known = World().known()
        here = replace(a_visitor("192.0.2.1"), device="browser-1")
        await known.remember("ada", here)
        assert await known.knows("ada", here)
        assert await known.knows("ada", replace(a_visitor("203.0.113.9"), device="browser-1"))
        assert await known.knows("ada", a_visitor("192.0.2.1"))
        assert not await known.knows("ada", replace(a_visitor("203.0.113.9"), device="browser-2"))
        assert not await known.knows("ada", a_visitor("203.0.113.9"))
        assert not await known.knows("bob", here)

    asyncio.run(story())


def test_a_device_is_forgotten_after_ninety_days() -> None:
    async def story() -> None:
        world = World()
        known, here = world.known(), a_visitor()
        await known.remember("ada", here)
        world.clock.move(days=90)
        assert await known.knows("ada", here)
        world.clock.move(seconds=1)
        assert not await known.knows("ada", here)

    asyncio.run(story())


def test_what_is_kept_shows_neither_network_nor_browser() -> None:
    async def story() -> None:
        world = World()
        await world.known().remember("ada", replace(a_visitor(), device="browser-1"))
        for _, mark in world.marks.seen:
            assert len(mark) == 32
            assert b"192.0.2.1" not in mark
            assert b"browser-1" not in mark

    asyncio.run(story())


def test_a_visitor_of_whom_nothing_is_known_is_not_known() -> None:
    async def story() -> None:
        world = World()
        nobody = replace(a_visitor(), network="", device=None)
        await world.known().remember("ada", nobody)
        assert world.marks.seen == {}
        assert not await world.known().knows("ada", nobody)

    asyncio.run(story())


def test_a_change_of_the_root_secret_forgets_nobody() -> None:
    async def story() -> None:
        world = World()
        await world.known().remember("ada", a_visitor())
        later = RootSecret(b"o" * 32, (b"r" * 32,)).keyring("marks")
        assert await world.known(later).knows("ada", a_visitor())

    asyncio.run(story())
