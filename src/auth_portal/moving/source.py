"""The port to where rows come from; it is read twice, so it can begin anew."""

from collections.abc import AsyncIterator
from typing import Protocol

from auth_portal.moving.arrival import Read


class Source(Protocol):
    """Rows in a stable order. A row that cannot be read is yielded as unusable, never raised."""

    def rows(self) -> AsyncIterator[Read]:
        """Every row, from the beginning, each time it is called."""

    async def count(self) -> int:
        """How many rows there are about, for the progress bar."""

    async def dropped(self) -> dict[str, int]:
        """What else lies there and is not taken over: its name and how many."""
