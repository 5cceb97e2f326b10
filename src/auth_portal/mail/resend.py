"""Sending again what died: with a new link, since the old letter's body is gone."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.mail.letter import Letter, LetterKind, LetterState
from auth_portal.mail.store import Outbox

WriteAgain = Callable[[Account], Awaitable[bool]]
"""Makes a new ticket and posts a new letter of one kind; False when there was no reason to."""


class Resent(Enum):
    """How sending again ended; the value is what an operator reads."""

    AGAIN = "a new letter is on its way"
    STILL_TRYING = "it is still being tried; it will go out as soon as the relay takes it"
    NOT_NEEDED = "the account no longer needs it, or its address had its letters of this hour"
    NO_ACCOUNT = "its account is gone or has another address; a sign-up must be repeated by the person"
    NOTICE = "a notice cannot be written again: its facts were erased with it"
    UNKNOWN = "there is no such letter"


@dataclass(frozen=True, slots=True)
class Standing:
    """The outbox at one look. `due_since` is set when the next letter is overdue."""

    counts: dict[LetterState, int]
    due_since: datetime | None


@dataclass(frozen=True)
class Resend:
    """`again` names how each kind with a link is written anew (confirm, reset): flows do that."""

    outbox: Outbox
    accounts: Accounts
    again: Mapping[LetterKind, WriteAgain]

    async def __call__(self, letter_id: str) -> Resent:
        """Never the old link: the ticket of a dead letter has expired or will soon."""
        letter = await self.outbox.find(letter_id)
        if letter is None:
            return Resent.UNKNOWN
        if letter.state is LetterState.WAITING:
            return Resent.STILL_TRYING
        write = self.again.get(letter.kind)
        if write is None:
            return Resent.NOTICE
        account = await self._account(letter)
        if account is None:
            return Resent.NO_ACCOUNT
        return Resent.AGAIN if await write(account) else Resent.NOT_NEEDED

    async def standing(self, now: datetime) -> Standing:
        """For `doctor` and `mail list`."""
        due = await self.outbox.next_due()
        return Standing(await self.outbox.counts(), due if due is not None and due < now else None)

    async def _account(self, letter: Letter) -> Account | None:
        """The living account whose address it still is: never a link to a former one (OL11)."""
        if letter.account_id is None:
            return None
        account = await self.accounts.find(letter.account_id)
        if account is None or not account.active or account.email != letter.recipient:
            return None
        return account
