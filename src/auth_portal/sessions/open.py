"""Open a session for a person who has just proved who they are."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.secrets import Randomness
from auth_portal.core.visitor import Visitor
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.device_name import device_name
from auth_portal.sessions.refresh_token import RefreshTokens
from auth_portal.sessions.session import MOST_AGENT, Session, SessionRules
from auth_portal.sessions.store import Sessions
from auth_portal.sessions.tokens import Tokens


@dataclass(frozen=True)
class OpenSession:
    """A new session with an id of our own choice (ASVS 5.0 7.2.4), and its tokens."""

    sessions: Sessions
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    clock: Clock
    randomness: Randomness
    rules: SessionRules

    def prepare(self, account: Account, visitor: Visitor, method: str) -> Session:
        """The new session, kept nowhere yet. Raises unavailable when no key could sign its tokens.

        `account` is the row as read **before** the proof was checked: when a reset raised its epoch
        meanwhile, this session is born dead (DESIGN.md law 5).
        """
        self.access_tokens.keys.signing()
        now = self.clock()
        return Session(
            id=new_id(now, self.randomness),
            account_id=account.id,
            epoch=account.epoch,
            generation=0,
            burst_from=0,
            burst_at=now,
            rotated_at=now,
            created_at=now,
            name=device_name(visitor.user_agent),
            method=method,
            ip=visitor.ip,
            network=visitor.network,
            user_agent=visitor.user_agent[:MOST_AGENT],
        )

    async def tokens(self, session: Session) -> Tokens:
        """Its first ones."""
        await self.access_tokens.keys.fresh()
        access, expires = await self.access_tokens.write(session.account_id, session.id, session.created_at)
        return Tokens(access, expires, self.refresh_tokens.write(session.id, 0))

    async def keep(self, session: Session) -> None:
        """Open it and end the oldest over the cap. Raises unavailable; nothing was opened then (SQL)."""
        await self.sessions.open(session, self.rules.cap)
