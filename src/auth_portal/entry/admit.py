"""The one door: whoever has proved who they are, however they did it, is let in here."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auth_portal.accounts.account import Account
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import INVALID_CREDENTIALS, Refusal
from auth_portal.core.together import together
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.sessions.devices import DeviceCookies, KnownDevices
from auth_portal.sessions.open import OpenSession
from auth_portal.sessions.refresh_token import RefreshTokens
from auth_portal.sessions.session import EndReason, Session, SessionRules, Verdict, judge
from auth_portal.sessions.store import Sessions
from auth_portal.sessions.tokens import Tokens
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets

Writing = Coroutine[Any, Any, None]


class Admitted(Struct, frozen=True):
    """A person is in: the tokens of the new session, and the cookie that marks this browser known."""

    tokens: Tokens
    device_cookie: str


@dataclass(frozen=True)
class Admit:
    """Open a session for a proven person, replace this browser's old one, tell about new devices."""

    sessions: Sessions
    open_session: OpenSession
    refresh_tokens: RefreshTokens
    devices: KnownDevices
    device_cookies: DeviceCookies
    tickets: Tickets
    post: Post
    record: Record
    clock: Clock
    rules: SessionRules
    as_one: bool  # what is written in one turn of the loop is committed or lost as one

    async def __call__(
        self,
        account: Account,
        visitor: Visitor,
        method: str,
        presented: str | None = None,
        *,
        known: bool | None = None,
    ) -> Admitted:
        """`account` as it was read **before** the proof was checked: its epoch goes into the session.

        `presented` is the refresh token that this browser brought along; `known` whether the device
        is, None when nobody asked yet. Raises INVALID_CREDENTIALS for a disabled or deleted account.
        """
        if not account.active:
            raise Refusal(INVALID_CREDENTIALS, cause="disabled or deleted")
        session = self.open_session.prepare(account, visitor, method)
        device = visitor.device or self.device_cookies.fresh()

        def opening() -> tuple[Coroutine[Any, Any, Tokens], Writing]:
            return self.open_session.tokens(session), self.open_session.keep(session)

        def remember() -> Writing:
            return self.devices.remember(account.id, replace(visitor, device=device))

        def record() -> Writing:
            return self.record(
                Kind.SIGNED_IN,
                visitor,
                account_id=account.id,
                session_id=session.id,
                method=method,
                device=session.name,
            )

        async def familiar() -> bool:
            return await self.devices.knows(account.id, visitor) if known is None else known

        # A device becomes known once its session is open and, when it is new, once its owner is told: else
        # a sign-in that failed would keep the next one's letter from the owner.
        if self.as_one and await familiar():
            tokens = await together(*opening(), record(), remember())
        else:
            tokens = await together(*opening())
            await record()
            if not await familiar():
                await self._tell_of_new_device(account, session, visitor)
            await remember()
        await self._replace(presented, account)
        return Admitted(tokens, self.device_cookies.write(device))

    async def _replace(self, presented: str | None, account: Account) -> None:
        """End the old session of this browser, only if its token lives and is the same person's.

        A stale or foreign cookie harms nobody (the original signed out every device).
        """
        if presented is None:
            return
        try:
            shown = self.refresh_tokens.read(presented)
        except Refusal:
            return
        found = await self.sessions.find(shown.session_id)
        if found is None or found.account.id != account.id:
            return
        now = self.clock()
        verdict = judge(found.session, found.account, shown.generation, now, self.rules)
        if verdict in {Verdict.ROTATE, Verdict.REPLAY}:
            await self.sessions.end(found.session.id, EndReason.REPLACED, now)

    async def _tell_of_new_device(self, account: Account, session: Session, visitor: Visitor) -> None:
        """Journal it, and write to the owner, with a way to say "this wasn't me"."""
        await self.record(Kind.NEW_DEVICE, visitor, account_id=account.id, session_id=session.id)
        if account.email is None:
            return
        ticket = await self.tickets.issue(Purpose.NOT_ME, account.id, session=session.id)
        await self.post(
            LetterKind.NEW_DEVICE,
            account.email,
            account_id=account.id,
            locale=account.locale,
            best_before=ticket.expires_at,
            facts={
                "hash": ticket.token,
                "name": account.first_name,
                "device": session.name,
                "ip": visitor.ip,
                "when": session.created_at.isoformat(),
            },
        )
