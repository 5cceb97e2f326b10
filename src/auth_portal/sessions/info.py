"""Tell a front end's server whether a refresh token is good, without using it up."""

from dataclasses import dataclass, field

from auth_portal.accounts.account import Account
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import unauthorized
from auth_portal.core.visitor import Visitor
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.doubts import Doubts
from auth_portal.sessions.refresh_token import RefreshTokens
from auth_portal.sessions.session import Session, SessionRules, Verdict, judge
from auth_portal.sessions.store import Sessions


@dataclass(frozen=True, slots=True)
class Info:
    """Who is signed in. The access token may have expired: then the client refreshes."""

    access_token: str = field(repr=False)
    access_expires: int  # seconds since 1970
    account: Account
    session: Session


@dataclass(frozen=True)
class Inform:
    """Judges exactly as refreshing does, and writes nothing: not even an old token closes a session."""

    sessions: Sessions
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    clock: Clock
    rules: SessionRules
    doubts: Doubts = field(default_factory=Doubts)

    async def __call__(self, token: str, visitor: Visitor) -> Info:  # noqa: ARG002 -- flows know their visitor
        """An access token that says it was issued at the last rotation, and the person. Raises the 401."""
        shown = self.refresh_tokens.read(token)
        await self.access_tokens.keys.fresh()
        found = await self.sessions.find(shown.session_id)
        if found is None:
            raise unauthorized("session unknown or swept")
        session, account = found.session, found.account
        verdict = judge(session, account, shown.generation, self.clock(), self.rules)
        explained = verdict is Verdict.REUSED and self.doubts.explain(session, shown.generation)
        if verdict not in {Verdict.ROTATE, Verdict.REPLAY} and not explained:
            raise unauthorized(f"refresh token judged {verdict.value}")
        access, expires = await self.access_tokens.write(account.id, session.id, session.rotated_at)
        return Info(access, expires, account, session)
