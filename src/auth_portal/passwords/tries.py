"""The run of failures: every try is counted on the account's row before its password is looked at."""

from dataclasses import dataclass
from datetime import timedelta

from msgspec import Struct

from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import EPOCH, Clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import TOO_MANY_REQUESTS, Refusal
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.rules import LimitRules
from auth_portal.sessions.devices import KnownDevices

NO_BOUND = 1_000_000_000  # fits a 32-bit column of any database
PAUSE = timedelta(hours=1)


class Counted(Struct, frozen=True):
    """One try that was counted, unless there was no place (`free` says so) in the run of that row."""

    account_id: str
    known: bool
    free: bool


@dataclass(frozen=True)
class Tries:
    """At most `failures_in_a_row` wrong passwords from anywhere, at whichever door they are tried (BF11).

    A known device is not bound by that, and a right password from one ends the run.
    """

    accounts: Accounts
    devices: KnownDevices
    limits: LimitRules
    record: Record
    clock: Clock
    log: Log

    async def count(self, account_id: str, visitor: Visitor, *, bounded: bool = True) -> Counted:
        """Count a try in advance. The same reads and writes for every row (SECURITY.md EN2)."""
        known = await self.devices.knows(account_id, visitor)
        bound = self.limits.failures_in_a_row if bounded and self.limits.enabled and not known else NO_BOUND
        today = (self.clock() - EPOCH).days
        free = await self.accounts.reserve_try(account_id, today=today, at_most=bound)
        return Counted(account_id, known, free)

    async def refuse(self, account_id: str | None, visitor: Visitor) -> Refusal:
        """The refusal of a try for which there is no place, journalled."""
        await self.record(Kind.SIGN_IN_THROTTLED, visitor, account_id=account_id, outcome="refused")
        return Refusal(TOO_MANY_REQUESTS, retry_after=PAUSE, cause="failures in a row")

    async def withdraw(self, counted: Counted) -> None:
        """It was not evaluated: it does not count."""
        await self.accounts.give_back_try(counted.account_id)

    async def succeed(self, counted: Counted, run: int) -> None:
        """The password was right; `run` is how many failures stood before this try.

        Where that cannot be written, one failure too many stands in the run, which halves each day.
        """
        try:
            if counted.known and run:
                await self.accounts.forgive(counted.account_id)
            else:
                await self.accounts.give_back_try(counted.account_id)
        except Refusal as refusal:
            self.log.warning("a try with the right password stays counted", cause=str(refusal))
