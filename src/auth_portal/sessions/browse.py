"""Look through one's own sessions, and give them names."""

import unicodedata
from dataclasses import dataclass

from auth_portal.core.clock import Clock
from auth_portal.core.refusal import Refusal, invalid
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.sessions.end import SESSION_NOT_FOUND, require_id
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.session import Session, SessionRules, alive
from auth_portal.sessions.store import Sessions

LONGEST_NAME = 64


@dataclass(frozen=True)
class ListSessions:
    """The sessions of the person that can still be used, newest first (ASVS 5.0 7.5.2)."""

    sessions: Sessions
    clock: Clock
    rules: SessionRules

    async def __call__(self, present: Present) -> list[Session]:
        """Those that `judge` would not call ended; at most the cap."""
        now = self.clock()
        account = present.account
        living = await self.sessions.living(account.id, account.epoch)
        return [session for session in living if alive(session, account, now, self.rules)]


@dataclass(frozen=True)
class RenameSession:
    """Call a session what its owner likes."""

    sessions: Sessions
    record: Record

    async def __call__(self, present: Present, session_id: str, name: str, visitor: Visitor) -> None:
        """Raises a validation refusal for an empty, long or unprintable name, SESSION_NOT_FOUND."""
        require_id(session_id)
        trimmed = unicodedata.normalize("NFC", name).strip()
        if not trimmed:
            raise invalid(name="name should not be empty")
        if len(trimmed) > LONGEST_NAME:
            raise invalid(name=f"name must be shorter than or equal to {LONGEST_NAME} characters")
        if not trimmed.isprintable():
            raise invalid(name="name must not contain control characters")
        if not await self.sessions.rename(present.account.id, session_id, trimmed):
            raise Refusal(SESSION_NOT_FOUND)
        await self.record(Kind.SESSION_RENAMED, visitor, account_id=present.account.id, session_id=session_id)
