"""Refresh: judge the token that is shown, then rotate, replay, or close the session."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from auth_portal.core.clock import Clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import unauthorized, unavailable
from auth_portal.core.visitor import Visitor, network_of
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.doubts import Doubts
from auth_portal.sessions.refresh_token import RefreshTokens, ShownRefresh
from auth_portal.sessions.session import (
    MOST_AGENT,
    EndReason,
    Session,
    SessionRules,
    Verdict,
    judge,
    next_burst,
)
from auth_portal.sessions.store import Found, Sessions
from auth_portal.sessions.tokens import Tokens

IN_A_HURRY = 1.0  # seconds for a look at a database that just failed to write
TRIES = 4  # the second finds the winner's row; more only if a replica lags behind


@dataclass(frozen=True)
class Rotate:
    """The walk of DESIGN.md section 4 (ASVS 5.0 10.4.5, RFC 9700 section 4.14.2)."""

    sessions: Sessions
    refresh_tokens: RefreshTokens
    access_tokens: AccessTokens
    record: Record
    post: Post
    clock: Clock
    rules: SessionRules
    log: Log
    doubts: Doubts = field(default_factory=Doubts)

    async def __call__(self, token: str, visitor: Visitor) -> Tokens:
        """New tokens, or the current ones again inside the grace. Raises the one 401, or unavailable."""
        shown = self.refresh_tokens.read(token)
        now = self.clock()
        if self.access_tokens.keys.due(now):
            await self.access_tokens.keys.fresh()
        try:
            owner = await self.sessions.rotate(
                shown.session_id,
                shown.generation,
                now=now,
                rules=self.rules,
                ip=visitor.ip,
                user_agent=visitor.user_agent[:MOST_AGENT],
            )
        except Exception as fault:
            self.doubts.note(shown.session_id, shown.generation, now, fault)
            tokens = await self._without_writing(shown, visitor)
            if tokens is None:
                raise
            return tokens
        if owner is not None:  # what nearly every refresh is
            return await self._tokens(owner, shown.session_id, shown.generation + 1, now)
        return await self._looked_at(shown, visitor)

    async def _looked_at(self, shown: ShownRefresh, visitor: Visitor) -> Tokens:
        """Read the rows and judge: a tab that came second, a token of old, a session that has ended."""
        for _ in range(TRIES):
            found = await self.sessions.find(shown.session_id)
            if found is None:
                raise unauthorized("session unknown or swept")
            match self._judge(found, shown.generation):
                case Verdict.ROTATE:
                    now = self.clock()
                    if await self._advance(found.session, shown.generation, now, visitor):
                        after = found.session.generation + 1
                        return await self._tokens(found.account.id, shown.session_id, after, now)
                case Verdict.REPLAY:
                    return await self._replay(found, visitor)
                case Verdict.REUSED:
                    await self._close_reused(found, shown.generation, visitor)
                    raise unauthorized("an old refresh token was used")
                case Verdict.AHEAD:
                    await self._close_rolled_back(found, shown.generation, visitor)
                    raise unauthorized("refresh token is ahead of the database")
                case Verdict.ENDED:
                    raise unauthorized("session has ended")
        raise unavailable("the session could not be advanced")

    async def _without_writing(self, shown: ShownRefresh, visitor: Visitor) -> Tokens | None:
        """What needs no write is answered while nothing can be written; None for the rest (OP2).

        Raises the one 401 for a session that has ended or is unknown.
        """
        try:
            async with asyncio.timeout(IN_A_HURRY):
                found = await self.sessions.find(shown.session_id)
        except Exception:  # noqa: BLE001 -- nor can anything be read: the first fault is told
            return None
        if found is None:
            raise unauthorized("session unknown or swept")
        verdict = self._judge(found, shown.generation)
        if verdict is Verdict.ENDED:
            raise unauthorized("session has ended")
        return await self._replay(found, visitor) if verdict is Verdict.REPLAY else None

    async def _replay(self, found: Found, visitor: Visitor) -> Tokens:
        """The tokens that the winner of the burst has got."""
        session = found.session
        self.doubts.forget(session)
        await self._notice_elsewhere(found, visitor)
        return await self._tokens(found.account.id, session.id, session.generation, session.rotated_at)

    def _judge(self, found: Found, generation: int) -> Verdict:
        """As `judge()`; what an update of ours did that nobody was told of is no reuse (OP2)."""
        verdict = judge(found.session, found.account, generation, self.clock(), self.rules)
        explained = verdict is Verdict.REUSED and self.doubts.explain(found.session, generation)
        return Verdict.ROTATE if explained else verdict

    async def _advance(self, session: Session, shown: int, now: datetime, visitor: Visitor) -> bool:
        """Advance the session by one generation; False when another request was first: judge once more."""
        current = shown == session.generation
        burst_from, burst_at = next_burst(session, now, self.rules) if current else (shown, now)
        agent = visitor.user_agent[:MOST_AGENT]
        try:
            return await self.sessions.advance(
                session, burst_from=burst_from, burst_at=burst_at, now=now, ip=visitor.ip, user_agent=agent
            )
        except Exception as fault:
            self.doubts.note(session.id, session.generation, now, fault)
            raise

    async def _tokens(self, owner: str, session_id: str, generation: int, rotated_at: datetime) -> Tokens:
        """The tokens of the session as it stands; a replay's lives no longer than the rotation's."""
        access, expires = await self.access_tokens.write(owner, session_id, rotated_at)
        return Tokens(access, expires, self.refresh_tokens.write(session_id, generation))

    async def _notice_elsewhere(self, found: Found, visitor: Visitor) -> None:
        """Another network **and** another program than the rotation's: perhaps a thief in the grace.

        Answered all the same, since a front end's own server may refresh for its page.
        """
        session = found.session
        if visitor.network == network_of(session.ip) or visitor.user_agent[:MOST_AGENT] == session.user_agent:
            return
        await self.record(
            Kind.REFRESH_REPLAY_ELSEWHERE, visitor, account_id=found.account.id, session_id=session.id
        )

    async def _close_reused(self, found: Found, generation: int, visitor: Visitor) -> None:
        """Somebody else holds a token of this family. End it first: no later failure may undo that.

        Of parallel reuses the one that ended it writes to the owner.
        """
        session, account = found.session, found.account
        if not await self.sessions.end(session.id, EndReason.REUSED, self.clock()):
            return
        await self.record(
            Kind.REFRESH_REUSED,
            visitor,
            account_id=account.id,
            session_id=session.id,
            outcome="refused",
            generation=f"{generation} of {session.generation}",
        )
        if account.email is None:
            return
        facts = {
            "name": account.first_name,
            "device": session.name,
            "ip": visitor.ip,
            "when": self.clock().isoformat(),
        }
        await self.post(
            LetterKind.SESSION_REUSED,
            account.email,
            account_id=account.id,
            locale=account.locale,
            facts=facts,
        )

    async def _close_rolled_back(self, found: Found, generation: int, visitor: Visitor) -> None:
        """The database is older than the token: a matter for the operator, no theft, no letter."""
        session = found.session
        if not await self.sessions.end(session.id, EndReason.ROLLED_BACK, self.clock()):
            return
        self.log.error(
            "the database went back in time: a refresh token is newer than its session",
            session=session.id,
            shown=generation,
            stored=session.generation,
        )
        await self.record(
            Kind.SESSION_ROLLED_BACK,
            visitor,
            account_id=found.account.id,
            session_id=session.id,
            outcome="refused",
        )
