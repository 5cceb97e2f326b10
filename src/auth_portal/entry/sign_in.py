"""Sign in by e-mail and password."""

import asyncio
from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.refusal import INVALID_CREDENTIALS, Kind, Refusal, Refused
from auth_portal.core.visitor import Visitor
from auth_portal.entry.admit import Admit, Admitted
from auth_portal.entry.confirmation import SendConfirmation
from auth_portal.entry.decoy import DECOY_ID
from auth_portal.journal.event import Kind as Happened
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate, Hold
from auth_portal.passwords.hashing import Hasher, Match
from auth_portal.passwords.tries import Counted, Tries

EMAIL_UNCONFIRMED = Refused(
    Kind.FORBIDDEN, "email_unconfirmed", "Please confirm your e-mail address first. We have sent you a link."
)


@dataclass(frozen=True)
class SignIn:
    """Reserve the try, do the same work for every kind of account, then admit or refuse.

    Whether the address is unknown, the password wrong, the account disabled or without password:
    one answer, the same reads and writes, one hash (ASVS 5.0 6.3.8, CVE-2024-39329).
    """

    accounts: Accounts
    hasher: Hasher
    gate: Gate
    tries: Tries
    admit: Admit
    confirmation: SendConfirmation
    record: Record
    confirm_first: bool

    async def __call__(
        self, email: str, password: str, visitor: Visitor, presented: str | None = None
    ) -> Admitted:
        """Raises INVALID_CREDENTIALS, TOO_MANY_REQUESTS, EMAIL_UNCONFIRMED, or UNAVAILABLE."""
        hold = await self.gate.hold_sign_in(email, visitor.network)
        try:
            account, counted, match = await self._judge(email, password, visitor)
        except BaseException:  # no slot, no database, no time: nobody guessed anything
            await hold.withdrawn()
            raise
        if account is None or not match.ok or not account.active:
            await self._failed(account, hold, visitor)
            raise Refusal(INVALID_CREDENTIALS, cause="unknown" if account is None else "wrong or unusable")
        await hold.succeeded()
        giving_back = asyncio.ensure_future(self.tries.succeed(counted, account.failures))
        try:
            if match.outdated and account.password_hash is not None:
                await self._upgrade(account, account.password_hash, password, visitor)
            if self.confirm_first and not account.confirmed:
                await self.confirmation(account)
                raise Refusal(EMAIL_UNCONFIRMED)
            return await self.admit(account, visitor, "password", presented)
        finally:
            await giving_back  # whether let in or not, the password was right

    async def _judge(
        self, email: str, password: str, visitor: Visitor
    ) -> tuple[Account | None, Counted, Match]:
        """Count the try on the account's row, then evaluate it.

        Unknown addresses are counted on a row of nobody, so that they cost the same write, and in
        a window of the same size, so that they are throttled alike.
        """
        with self.hasher.place() as place:
            account = await self.accounts.find_by_email(email)
            row = account.id if account else DECOY_ID
            counted = await self.tries.count(row, visitor, bounded=account is not None)
            free = counted.free if account else await self.gate.stranger_is_free(email)
            if free:
                stored = account.password_hash if account else None
                try:
                    return account, counted, await self.hasher.verify(password, stored, place)
                except Refusal:  # the server goes down
                    await self.tries.withdraw(counted)
                    raise
        raise await self.tries.refuse(account.id if account else None, visitor)

    async def _failed(self, account: Account | None, hold: Hold, visitor: Visitor) -> None:
        """The try stays counted; the journal learns of it."""
        await hold.failed()
        await self.record(
            Happened.SIGN_IN_FAILED,
            visitor,
            account_id=account.id if account else None,
            outcome="refused",
        )

    async def _upgrade(self, account: Account, stored: str, password: str, visitor: Visitor) -> None:
        """Store an imported or older hash in today's form; of parallel sign-ins one does."""
        try:
            fresh = await self.hasher.hash(password)
        except Refusal:
            return  # no slot free: the next sign-in will do it
        if await self.accounts.rehash(account.id, stored, fresh):
            await self.record(Happened.PASSWORD_UPGRADED, visitor, account_id=account.id)
