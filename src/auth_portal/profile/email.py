"""Ask for a new address: the old one is told at once, the new one has to be proved."""

from dataclasses import dataclass

from auth_portal.accounts.store import Accounts
from auth_portal.core.refusal import TOO_MANY_REQUESTS, Refusal, invalid
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.profile.proof import ProveOwner
from auth_portal.sessions.recognise import Present
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Issued, Tickets


@dataclass(frozen=True)
class ChangeEmail:
    """Nothing changes until the link in the letter to the new address is used (`entry/confirm.py`)."""

    accounts: Accounts
    prove: ProveOwner
    tickets: Tickets
    post: Post
    gate: Gate
    limits: LimitRules
    record: Record

    async def __call__(self, present: Present, email: str, current: str | None, visitor: Visitor) -> None:
        """The same answer whether or not the new address is taken: its owner is told instead."""
        await self.prove(present, current, visitor)
        account = present.account
        if email == account.email:
            raise invalid(email="email is your address already")
        await self.gate.count("change_email", account.id, self.limits.letters_address)
        if not await self.gate.letter_allowed(email):
            raise Refusal(TOO_MANY_REQUESTS, retry_after=self.limits.letters_address.window)
        await self.tickets.void(account.id, Purpose.CHANGE_EMAIL)
        ticket = await self.tickets.issue(
            Purpose.CHANGE_EMAIL,
            account.id,
            old=account.email or "",
            new=email,
            epoch=str(account.epoch),
        )
        await self._write_to_both(present, email, ticket)
        await self.record(
            Kind.EMAIL_CHANGE_REQUESTED, visitor, account_id=account.id, session_id=present.session.id
        )

    async def _write_to_both(self, present: Present, email: str, ticket: Issued) -> None:
        """The old address first: its owner knows before anything can happen."""
        account = present.account
        if account.email is not None:
            await self.post(
                LetterKind.EMAIL_CHANGING,
                account.email,
                account_id=account.id,
                locale=account.locale,
                facts={"name": account.first_name, "new_email": email},
            )
        taken = await self.accounts.find_by_email(email)
        kind = LetterKind.CONFIRM_NEW_EMAIL if taken is None else LetterKind.ALREADY_REGISTERED
        whose = account if taken is None else taken
        facts = {"name": whose.first_name}
        if taken is None:
            facts |= {"hash": ticket.token, "new_email": email}
        await self.post(
            kind,
            email,
            account_id=whose.id,
            locale=whose.locale,
            best_before=ticket.expires_at,
            facts=facts,
        )
