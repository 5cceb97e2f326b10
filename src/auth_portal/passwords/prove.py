"""Proof that the signed-in person is the owner, right now, before something that cannot be undone."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import WRONG_CURRENT_PASSWORD, Kind, Refusal, Refused, invalid
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind as Happened
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.passwords.hashing import Hasher, Match
from auth_portal.passwords.tries import Counted, Tries
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.session import SessionRules

RECENT_SIGN_IN_REQUIRED = Refused(
    Kind.FORBIDDEN, "recent_sign_in_required", "Please sign in again, then repeat this."
)


@dataclass(frozen=True)
class ProveCurrentPassword:
    """The current password where there is one, else a recent sign-in (ASVS 5.0 7.5.1)."""

    hasher: Hasher
    gate: Gate
    tries: Tries
    record: Record
    clock: Clock
    rules: SessionRules

    async def __call__(self, present: Present, current: str | None, visitor: Visitor) -> None:
        """Raises WRONG_CURRENT_PASSWORD, RECENT_SIGN_IN_REQUIRED, TOO_MANY_REQUESTS, UNAVAILABLE.

        What was left out is told like any field, and no guess. Guesses count like failed sign-ins, in the
        same places and on the same run: a stolen access token is no way around those limits.
        """
        stored = present.account.password_hash
        if stored is None:
            if self.clock() - present.session.created_at > self.rules.recent:
                raise Refusal(RECENT_SIGN_IN_REQUIRED)
            return
        if current is None:
            raise invalid(currentPassword="currentPassword should not be empty")
        account = present.account
        hold = await self.gate.hold_sign_in(account.email or account.id, visitor.network)
        try:
            counted, match = await self._judge(account, current, stored, visitor)
        except BaseException:  # no slot, no database, no time: nobody guessed anything
            await hold.withdrawn()
            raise
        if match.ok:
            await hold.succeeded()
            await self.tries.succeed(counted, account.failures)
            return
        await hold.failed()
        await self.record(
            Happened.SIGN_IN_FAILED,
            visitor,
            account_id=account.id,
            session_id=present.session.id,
            outcome="refused",
            asked="current password",
        )
        wrong = {"currentPassword": [WRONG_CURRENT_PASSWORD.sentence]}
        raise Refusal(WRONG_CURRENT_PASSWORD, errors=wrong)

    async def _judge(
        self, account: Account, current: str, stored: str, visitor: Visitor
    ) -> tuple[Counted, Match]:
        """Count the try on the account's row, then evaluate it."""
        with self.hasher.place() as place:
            counted = await self.tries.count(account.id, visitor)
            if counted.free:
                try:
                    return counted, await self.hasher.verify(current, stored, place)
                except Refusal:  # the server goes down
                    await self.tries.withdraw(counted)
                    raise
        raise await self.tries.refuse(account.id, visitor)
