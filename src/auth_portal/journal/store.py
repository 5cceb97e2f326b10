"""The port to where the journal is kept: lines are added and, after their time, swept."""

from datetime import datetime
from typing import Protocol

from auth_portal.journal.event import Event


class Journal(Protocol):
    """Append-only: nothing here changes an event except forgetting who it was about."""

    async def append(self, event: Event) -> None:
        """Keep one event."""

    async def of(self, account_id: str, before_id: str | None, at_most: int) -> list[Event]:
        """The account's events, newest first, older than event `before_id` when that is given."""

    async def pseudonymise(self, account_id: str) -> int:
        """Blank address, user agent and facts of a deleted account's events; ids and kinds stay."""

    async def sweep(self, before: datetime, at_most: int) -> int:
        """Delete up to `at_most` events older than `before`; returns how many."""
