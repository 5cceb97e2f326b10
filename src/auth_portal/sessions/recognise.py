"""Recognise who is signed in from an access token: signature, then session and person in one query."""

from dataclasses import dataclass

from msgspec import Struct

from auth_portal.accounts.account import Account
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import unauthorized
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.session import Session, SessionRules, alive
from auth_portal.sessions.store import Sessions


class Present(Struct, frozen=True):
    """Somebody who is signed in, as the rows said a moment ago."""

    account: Account
    session: Session


@dataclass(frozen=True)
class Recognise:
    """An access token is worth nothing once its session has ended (ASVS 5.0 7.4.1, 7.4.2)."""

    sessions: Sessions
    access_tokens: AccessTokens
    clock: Clock
    rules: SessionRules

    async def __call__(self, token: str) -> Present:
        """Who it is. Raises the one 401 for every cause."""
        claims = await self.access_tokens.read(token)
        found = await self.sessions.find(claims.session_id)
        if found is None or found.account.id != claims.account_id:
            raise unauthorized("session unknown or swept")
        if not alive(found.session, found.account, self.clock(), self.rules):
            raise unauthorized("session has ended")
        return Present(found.account, found.session)
