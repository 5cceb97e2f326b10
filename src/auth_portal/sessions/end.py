"""End sessions: this one, another, all others, or every one at once."""

from dataclasses import dataclass
from uuid import UUID

from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import Kind as RefusalKind
from auth_portal.core.refusal import Refusal, Refused
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.refresh_token import RefreshTokens, is_shaped
from auth_portal.sessions.session import EndReason
from auth_portal.sessions.store import Sessions

SESSION_NOT_FOUND = Refused(RefusalKind.NOT_FOUND, "session_not_found", "There is no such session.")


@dataclass(frozen=True)
class SignOut:
    """End the session of any token that we issued, however old, and however often it is asked."""

    sessions: Sessions
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    record: Record
    clock: Clock

    async def __call__(self, token: str, visitor: Visitor) -> None:
        """Returns for every token of ours, its session living or ended; the one 401 for any other."""
        session_id = await self._session_of(token)
        found = await self.sessions.find(session_id)
        if found is None or not await self.sessions.end(session_id, EndReason.SIGNED_OUT, self.clock()):
            return
        await self.record(Kind.SIGNED_OUT, visitor, account_id=found.account.id, session_id=session_id)

    async def _session_of(self, token: str) -> str:
        """The session that a genuine token names."""
        if is_shaped(token):
            return self.refresh_tokens.read(token).session_id
        return (await self.access_tokens.read(token, expired_too=True)).session_id


@dataclass(frozen=True)
class EndOne:
    """End one session of one's own from the list (ASVS 5.0 7.5.2)."""

    sessions: Sessions
    record: Record
    clock: Clock

    async def __call__(self, present: Present, session_id: str, visitor: Visitor) -> None:
        """Raises SESSION_NOT_FOUND for one that has ended, is unknown, or is somebody else's."""
        require_id(session_id)
        owner = present.account.id
        if not await self.sessions.end_own(owner, session_id, EndReason.ENDED_BY_OWNER, self.clock()):
            raise Refusal(SESSION_NOT_FOUND)
        await self.record(Kind.SESSION_ENDED, visitor, account_id=owner, session_id=session_id)


@dataclass(frozen=True)
class EndOthers:
    """End every session of one's own but the present one."""

    sessions: Sessions
    record: Record
    clock: Clock

    async def __call__(self, present: Present, visitor: Visitor) -> int:
        """How many were ended."""
        owner, keep = present.account.id, present.session.id
        ended = await self.sessions.end_others(owner, keep, EndReason.ENDED_BY_OWNER, self.clock())
        await self.record(
            Kind.SESSIONS_ENDED, visitor, account_id=owner, session_id=keep, ended=str(ended), which="others"
        )
        return ended


@dataclass(frozen=True)
class EndAll:
    """Sign out everywhere, here included: one change on one row (DESIGN.md law 5)."""

    accounts: Accounts
    record: Record
    clock: Clock

    async def __call__(self, present: Present, visitor: Visitor) -> None:
        """Also ends sign-ins that are still under way with a proof from before."""
        await self.accounts.end_everything(present.account.id, self.clock())
        await self.record(
            Kind.SESSIONS_ENDED,
            visitor,
            account_id=present.account.id,
            session_id=present.session.id,
            which="all",
        )


def require_id(session_id: str) -> None:
    """Raises SESSION_NOT_FOUND for a text that cannot be a session's id, before any query."""
    try:
        genuine = str(UUID(session_id)) == session_id
    except ValueError:
        genuine = False
    if not genuine:
        raise Refusal(SESSION_NOT_FOUND, cause="not of the shape of an id")
