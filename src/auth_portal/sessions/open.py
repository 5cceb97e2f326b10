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
    """One new session per call, with an id of our own choice (ASVS 5.0 7.2.4), and its tokens."""

    sessions: Sessions
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    clock: Clock
    randomness: Randomness
    rules: SessionRules

    async def __call__(self, account: Account, visitor: Visitor, method: str) -> tuple[Session, Tokens]:
        """Open it and end the oldest over the cap. Raises unavailable, then nothing was opened.

        `account` is the row as read **before** the proof was checked: when a reset raised its epoch
        meanwhile, this session is born dead (DESIGN.md law 5).
        """
        await self.access_tokens.keys.fresh()
        now = self.clock()
        session = Session(
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
        access, expires = await self.access_tokens.write(account.id, session.id, now)
        await self.sessions.open(session)
        await self.sessions.trim(account.id, account.epoch, self.rules.cap, now)
        return session, Tokens(access, expires, self.refresh_tokens.write(session.id, 0))
