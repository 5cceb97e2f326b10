"""Sends the letter that asks a person to confirm the address of an account that exists."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.limits.gate import Gate
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets


@dataclass(frozen=True)
class SendConfirmation:
    """A new link, unless the address has had its letters of this hour. Older links go on working."""

    tickets: Tickets
    post: Post
    gate: Gate

    async def __call__(self, account: Account) -> bool:
        """True when a letter is in the outbox."""
        if account.email is None or account.confirmed or not await self.gate.letter_allowed(account.email):
            return False
        ticket = await self.tickets.issue(Purpose.CONFIRM, account.id, email=account.email)
        await self.post(
            LetterKind.CONFIRM_EMAIL,
            account.email,
            account_id=account.id,
            locale=account.locale,
            best_before=ticket.expires_at,
            facts={"hash": ticket.token, "name": account.first_name},
        )
        return True
