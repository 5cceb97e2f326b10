"""Delete one's account: blanked and signed out at once, its traces removed after that."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.journal.store import Journal
from auth_portal.mail.store import Outbox
from auth_portal.profile.proof import ProveOwner
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.store import Devices, Sessions
from auth_portal.tickets.store import TicketStore


@dataclass(frozen=True)
class Erase:
    """Remove what hangs on an account; may be run again for one whose erasing was cut short."""

    sessions: Sessions
    devices: Devices
    tickets: TicketStore
    outbox: Outbox
    journal: Journal
    clock: Clock

    async def __call__(self, account_id: str, email: str | None) -> None:
        """Sessions, known devices, tickets and letters go; the journal forgets who it was."""
        await self.tickets.void_all(account_id)
        await self.devices.forget(account_id)
        await self.sessions.forget(account_id)
        if email is not None:
            await self.address(email)
        await self.journal.pseudonymise(account_id)

    async def address(self, email: str) -> None:
        """What hangs on the address alone, and cannot be found any more once the row forgot it."""
        await self.tickets.void_all(email)
        await self.outbox.forget(email, self.clock())


@dataclass(frozen=True)
class RemoveAccount:
    """Delete an account, by its owner or by an operator."""

    accounts: Accounts
    erase: Erase
    record: Record
    clock: Clock

    async def __call__(self, account: Account, visitor: Visitor) -> bool:
        """Blank the row (one change: address free, epoch raised), then erase; False if it was gone.

        What hangs on the address goes before that as well: cut short after it, the sweep would not find it.
        """
        if account.email is not None:
            await self.erase.address(account.email)
        if not await self.accounts.delete(account.id, self.clock()):
            return False
        await self.record(Kind.ACCOUNT_DELETED, visitor, account_id=account.id)
        await self.erase(account.id, account.email)
        return True


@dataclass(frozen=True)
class DeleteAccount:
    """The owner's way: the current password is asked."""

    prove: ProveOwner
    remove: RemoveAccount

    async def __call__(self, present: Present, current: str | None, visitor: Visitor) -> None:
        """Raises WRONG_CURRENT_PASSWORD and the like; afterwards nothing of the account works."""
        await self.prove(present, current, visitor)
        await self.remove(present.account, visitor)
