"""Delete one's account: blanked and signed out at once, its traces removed after that."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import unavailable
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

    async def __call__(self, account_id: str) -> None:
        """Sessions, known devices, tickets and letters go; the journal forgets who it was.

        All by the account's id: its former address may be somebody else's by now.
        """
        await self.tickets.void_all(account_id)
        await self.devices.forget(account_id)
        await self.sessions.forget(account_id)
        await self.outbox.forget(account_id)
        await self.journal.pseudonymise(account_id)

    async def address(self, email: str) -> None:
        """What hangs on the address alone, and cannot be found any more once the row forgot it."""
        await self.tickets.void_all(email)
        await self.outbox.forget_address(email)


@dataclass(frozen=True)
class RemoveAccount:
    """Delete an account, by its owner or by an operator."""

    accounts: Accounts
    erase: Erase
    record: Record
    clock: Clock

    async def __call__(self, account: Account, visitor: Visitor, *, epoch: int | None = None) -> bool:
        """Blank the row (one change: address free, epoch raised), then erase; False if it was gone.

        Raises `unavailable` when the account has another epoch than the one that is given: something
        else was first, and nothing that belongs to the account is touched. What hangs on the address
        alone goes before the change: cut short after it, the sweep would not find it.
        """
        standing = await self._living(account.id, epoch)
        if standing is None:
            return False
        if standing.email is not None:
            await self.erase.address(standing.email)
        if not await self.accounts.delete(account.id, self.clock(), epoch=epoch):
            await self._living(account.id, epoch)
            return False
        await self.record(Kind.ACCOUNT_DELETED, visitor, account_id=account.id)
        await self.erase(account.id)
        return True

    async def _living(self, account_id: str, epoch: int | None) -> Account | None:
        """The account as it stands, None when it is gone. Raises `unavailable` for another epoch."""
        found = await self.accounts.find(account_id)
        if found is None or found.deleted_at is not None:
            return None
        if epoch is not None and found.epoch != epoch:
            raise unavailable("the account was changed meanwhile")
        return found


@dataclass(frozen=True)
class DeleteAccount:
    """The owner's way: the current password is asked."""

    prove: ProveOwner
    remove: RemoveAccount

    async def __call__(self, present: Present, current: str | None, visitor: Visitor) -> None:
        """Raises WRONG_CURRENT_PASSWORD and the like; afterwards nothing of the account works.

        `unavailable` when the account was changed by another request meanwhile, such as a reset: the
        password that was proved may be no longer the owner's.
        """
        await self.prove(present, current, visitor)
        await self.remove(present.account, visitor, epoch=present.account.epoch)
