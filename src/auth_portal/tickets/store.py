"""The port to where tickets are kept. Each method is one atomic change that commits itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from auth_portal.tickets.ticket import Purpose, Ticket


class TicketStore(Protocol):
    """Tickets by the hash of their token."""

    async def add(self, ticket: Ticket) -> None:
        """Keep a new ticket."""

    async def spend(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        """Delete and return it in one atomic step; None when unknown, of other purpose or expired.

        Of any number of parallel calls with one digest exactly one gets the ticket. An expired or
        foreign-purpose ticket is left alone (the sweep takes it).
        """

    async def peek(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        """The living ticket, unspent: decides nothing, for checks that must precede the spending."""

    async def void(self, holder: str, purposes: Sequence[Purpose]) -> int:
        """Delete every ticket of these purposes that belongs to `holder`; returns how many."""

    async def void_all(self, holder: str) -> int:
        """Delete every ticket of the holder."""

    async def sweep(self, now: datetime, at_most: int) -> int:
        """Delete up to `at_most` expired tickets; returns how many."""
