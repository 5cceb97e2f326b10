"""Windows under test: both kinds, and a movable monotonic clock for the one in process."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from auth_portal.limits.in_process import InProcessWindows
from auth_portal.limits.store import Reservation, State, Windows

MINUTE = timedelta(minutes=1)


@dataclass
class Hand:
    """A monotonic clock that is moved by hand."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.seconds

    def move(self, by: timedelta) -> None:
        """Later."""
        self.seconds += by.total_seconds()


@dataclass
class Told:
    """Which limits refused."""

    names: Counter[str] = field(default_factory=Counter)

    def __call__(self, name: str) -> None:
        """One more."""
        self.names[name] += 1


def in_process(hand: Hand | None = None, most_entries: int = 100_000) -> InProcessWindows:
    """Windows on a clock of the test's."""
    return InProcessWindows(hand or Hand(), most_entries)


async def reserve_in_parallel(windows: Windows, key: str, tries: int, places: int) -> list[Reservation]:
    """That many reservations at once."""
    asked = (windows.reserve(key, places, MINUTE) for _ in range(tries))
    return list(await asyncio.gather(*asked))


def states(found: list[Reservation]) -> Counter[State]:
    """How many of each."""
    return Counter(reservation.state for reservation in found)
