"""Set a new password with the link from a letter."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import LINK_INVALID, Refusal, invalid
from auth_portal.core.together import together
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.mail.letter import LetterKind
from auth_portal.passwords.hashing import Hasher
from auth_portal.passwords.policy import Policy
from auth_portal.passwords.words import own_words
from auth_portal.sessions.notice import TellOwner
from auth_portal.sessions.store import Devices
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Spent, Tickets

DIE_WITH_IT = (
    Purpose.RESET,
    Purpose.CONFIRM,
    Purpose.CHANGE_EMAIL,
    Purpose.HANDOFF,
    Purpose.LINK_START,
    Purpose.LINK_CODE,
    Purpose.SECOND_STEP,
)


@dataclass(frozen=True)
class ResetPassword:
    """Policy, hash, spend, account, notice: in this order every crash is harmless.

    Between spending and the account the link is spent and the old password stands: ask again. The
    other order would leave a link that works twice. Everything that was under way with an older
    proof dies: sessions by the epoch, tickets by name (SECURITY.md OL3, OL13). No device stays known:
    whoever had the old password may have signed in with it.
    """

    accounts: Accounts
    tickets: Tickets
    hasher: Hasher
    policy: Policy
    devices: Devices
    notice: TellOwner
    gate: Gate
    limits: LimitRules
    record: Record
    clock: Clock

    async def __call__(self, token: str, password: str, visitor: Visitor) -> None:
        """Raises LINK_INVALID (one answer for every cause), a validation refusal, TOO_MANY_REQUESTS.

        A password that the policy refuses does not spend the link; a wrong link costs no hash, nor does
        one that was spent while this request waited for its turn to hash.
        """
        await self.gate.count("link", visitor.network, self.limits.link_network)
        account = await self._holder(await self.tickets.peek(token, Purpose.RESET))
        faults = self.policy.faults(password, own_words(account))
        if faults:
            raise invalid(password=faults)
        hashed = await self.hasher.hash(password, lambda: self.tickets.peek(token, Purpose.RESET))
        spent = await self.tickets.spend(token, Purpose.RESET)
        email, epoch = spent.facts["email"], int(spent.facts["epoch"])
        now = self.clock()
        if (
            await self.accounts.reset_password(spent.holder, hashed, email=email, epoch=epoch, now=now)
            is None
        ):
            raise Refusal(LINK_INVALID, cause="the account is no longer as it was when the link was made")
        await together(
            self.tickets.void(spent.holder, *DIE_WITH_IT),
            self.devices.forget(spent.holder),
            self.record(Kind.PASSWORD_RESET, visitor, account_id=spent.holder),
            self.notice(LetterKind.PASSWORD_CHANGED, account, visitor),
        )

    async def _holder(self, ticket: Spent) -> Account:
        """The account, as long as it is what it was when the link was made."""
        account = await self.accounts.find(ticket.holder)
        if (
            account is None
            or not account.active
            or account.email != ticket.facts["email"]
            or str(account.epoch) != ticket.facts["epoch"]
        ):
            raise Refusal(LINK_INVALID, cause="the account is no longer as it was when the link was made")
        return account
