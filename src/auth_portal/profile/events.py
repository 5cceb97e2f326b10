"""Show people their own security events."""

from dataclasses import dataclass

from auth_portal.journal.event import Event
from auth_portal.journal.store import Journal
from auth_portal.sessions.recognise import Present


@dataclass(frozen=True)
class ListEvents:
    """Newest first, a page at a time."""

    journal: Journal

    async def __call__(self, present: Present, before: str | None, at_most: int) -> list[Event]:
        """Events of this account older than event `before`, at most that many."""
        return await self.journal.of(present.account.id, before, at_most)
