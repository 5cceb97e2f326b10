"""Spend a link that proves an address: of an account, of a registration, of a change of address."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts, Changed
from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.refusal import LINK_INVALID, Refusal
from auth_portal.core.secrets import Randomness
from auth_portal.core.together import together
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.sessions.store import Devices
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Spent, Tickets


@dataclass(frozen=True)
class ConfirmEmail:
    """One endpoint for the three links that lead to the same page."""

    accounts: Accounts
    tickets: Tickets
    devices: Devices
    post: Post
    gate: Gate
    limits: LimitRules
    record: Record
    clock: Clock
    randomness: Randomness

    async def __call__(self, token: str, visitor: Visitor) -> None:
        """Raises LINK_INVALID for every reason why the link does not work any more."""
        await self.gate.count("link", visitor.network, self.limits.link_network)
        spent = await self.tickets.spend(token, Purpose.CONFIRM, Purpose.REGISTRATION, Purpose.CHANGE_EMAIL)
        if spent.purpose is Purpose.CONFIRM:
            await self._confirm(spent, visitor)
        elif spent.purpose is Purpose.REGISTRATION:
            await self._register(spent, visitor)
        else:
            await self._change(spent, visitor)

    async def _confirm(self, spent: Spent, visitor: Visitor) -> None:
        """The account still has the address to which the link went."""
        if not await self.accounts.confirm(spent.holder, spent.facts["email"], self.clock()):
            raise Refusal(LINK_INVALID, cause="the account is gone, disabled, or has another address")
        await self.tickets.void(spent.holder, Purpose.CONFIRM)
        await self.record(Kind.EMAIL_CONFIRMED, visitor, account_id=spent.holder)

    async def _register(self, spent: Spent, visitor: Visitor) -> None:
        """Make the account of this registration, and of no other that used the same address."""
        now = self.clock()
        account = Account(
            id=new_id(now, self.randomness),
            email=spent.holder,
            first_name=spent.facts["first_name"],
            last_name=spent.facts["last_name"],
            created_at=now,
            updated_at=now,
            password_hash=spent.facts["hash"],
            email_confirmed_at=now,
            locale=spent.facts["locale"] or None,
        )
        if not await self.accounts.create(account):
            account = await self._take_over(account)
        await self.tickets.void(spent.holder, Purpose.REGISTRATION)
        await self.record(Kind.REGISTERED, visitor, account_id=account.id, method="password")

    async def _take_over(self, applied: Account) -> Account:
        """An account that never proved this address has it: the proven owner takes it over whole."""
        there = await self.accounts.find_by_email(applied.email or "")
        if there is None or there.confirmed or applied.password_hash is None or applied.email is None:
            raise Refusal(LINK_INVALID, cause="the address has been taken and proved meanwhile")
        now = self.clock()
        epoch = await self.accounts.take_over(there.id, email=applied.email, epoch=there.epoch, now=now)
        if epoch is None:
            raise Refusal(LINK_INVALID, cause="the account changed meanwhile")
        await self.tickets.store.void_all(there.id)
        await self.devices.forget(there.id)
        await self.accounts.set_password(there.id, applied.password_hash, seen=None, epoch=epoch, now=now)
        await self.accounts.rename(
            there.id,
            first_name=applied.first_name,
            last_name=applied.last_name,
            locale=applied.locale,
            now=now,
        )
        return there

    async def _change(self, spent: Spent, visitor: Visitor) -> None:
        """The new address is proved; the old one is told, whatever else fails once it has happened."""
        old, new = spent.facts["old"] or None, spent.facts["new"]
        account = await self.accounts.find(spent.holder)
        changed = await self.accounts.change_email(
            spent.holder, old=old, new=new, epoch=int(spent.facts["epoch"]), now=self.clock()
        )
        if changed is not Changed.DONE:
            raise Refusal(LINK_INVALID, cause=f"change of address: {changed.value}")
        await together(
            self.tickets.void(spent.holder, Purpose.CHANGE_EMAIL, Purpose.RESET, Purpose.CONFIRM),
            self.record(Kind.EMAIL_CHANGED, visitor, account_id=spent.holder),
            self._tell(account, old, new),
        )

    async def _tell(self, account: Account | None, old: str | None, new: str) -> None:
        """The notice to the former address, if there was one."""
        if old is not None and account is not None:
            await self.post(
                LetterKind.EMAIL_CHANGED,
                old,
                account_id=account.id,
                locale=account.locale,
                facts={"name": account.first_name, "new_email": new},
            )
