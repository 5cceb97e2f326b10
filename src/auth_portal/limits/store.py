"""The port to the windows in which tries are counted: in process, or shared in Valkey."""

from datetime import timedelta
from enum import Enum
from typing import Protocol

from msgspec import Struct


class State(Enum):
    """What a reservation found."""

    RESERVED = "reserved"  # a place is held: settle it with `fail` or `give_back`
    WAIT = "wait"  # every place is held by tries that are not decided yet
    FULL = "full"  # every place is taken by failures of this window


class Reservation(Struct, frozen=True):
    """The answer to `reserve`; `retry_after` is set with FULL, `mark` with RESERVED."""

    state: State
    retry_after: timedelta = timedelta(0)
    mark: str = ""


class Windows(Protocol):
    """Counts per key. Memory is bounded; an unreachable shared store is never an open door."""

    async def reserve(self, key: str, places: int, window: timedelta) -> Reservation:
        """Hold one of `places` in the window that slides over the last `window`, atomically.

        A place held longer than 30 s without a decision counts as failed.
        """

    async def fail(self, key: str, mark: str) -> None:
        """The held try failed: its place is taken until the window has passed."""

    async def give_back(self, key: str, mark: str) -> None:
        """The held try succeeded: its place is free again."""

    async def hit(self, key: str, places: int, window: timedelta) -> timedelta | None:
        """Count one try. None when it fits; else how long until one fits (and it is not counted)."""
