"""Ask for a letter with a link to a new password; the answer tells nothing about the account."""

from dataclasses import dataclass
from datetime import datetime

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.passwords.rules import PasswordRules
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Issued, Tickets

NOBODY = ""  # holder of tickets that no letter carries


@dataclass(frozen=True)
class ForgotPassword:
    """Known, unknown, disabled or asked for too often: the same reads, as many writes, one answer.

    Sources: SECURITY.md EN3, EN4, BF12; OWASP Forgot Password Cheat Sheet.
    """

    accounts: Accounts
    tickets: Tickets
    post: Post
    gate: Gate
    limits: LimitRules
    record: Record
    clock: Clock
    rules: PasswordRules

    async def __call__(self, email: str, visitor: Visitor) -> None:
        """Post the letter if there is somebody to get it. Raises TOO_MANY_REQUESTS by network only."""
        await self.gate.count("forgot", visitor.network, self.limits.forgot_network)
        await self.write(email, visitor)

    async def write(self, email: str, visitor: Visitor) -> bool:
        """The same for an operator, or who has shown a letter to this address: not limited by network.

        True when a letter is in the outbox. Nobody outside may learn that.
        """
        account = await self.accounts.find_by_email(email)
        allowed = await self.gate.letter_allowed(email)
        recipient = account if account is not None and account.active and allowed else None
        if recipient is not None:
            await self._write_to(recipient, email)
        else:
            await self._pretend(account, email)
        account_id = account.id if account is not None else None
        outcome = "ok" if allowed else "refused"
        await self.record(Kind.PASSWORD_RESET_REQUESTED, visitor, account_id=account_id, outcome=outcome)
        return recipient is not None

    async def _write_to(self, account: Account, email: str) -> None:
        """The link, or from when there can be one again (PASSWORD_CHANGE_INTERVAL)."""
        not_before = self._not_before(account)
        facts = {"name": account.first_name}
        if not_before is None:
            ticket = await self.tickets.issue(
                Purpose.RESET, account.id, email=email, epoch=str(account.epoch)
            )
            facts["hash"] = ticket.token
        else:
            ticket = await self._decoy(email)
            facts["not_before"] = not_before.isoformat()
        await self.post(
            LetterKind.RESET_PASSWORD,
            email,
            account_id=account.id,
            locale=account.locale,
            best_before=ticket.expires_at,
            facts=facts,
        )

    async def _pretend(self, account: Account | None, email: str) -> None:
        """The work of a letter without the letter: two tickets that nobody will ever hold."""
        ticket = await self._decoy(email)
        locale = account.locale if account is not None else None
        self.post.rehearse(LetterKind.RESET_PASSWORD, email, locale, {"name": email, "hash": ticket.token})
        await self._decoy(email)

    async def _decoy(self, email: str) -> Issued:
        """A ticket like any other whose token is thrown away; the sweep takes the row."""
        return await self.tickets.issue(Purpose.RESET, NOBODY, email=email, epoch="-1")

    def _not_before(self, account: Account) -> datetime | None:
        """From when the next reset is possible; None when it is possible now."""
        if account.password_reset_at is None:
            return None
        possible = account.password_reset_at + self.rules.reset_interval
        return possible if possible > self.clock() else None
