"""Send the confirmation again, asked for by the signed-in person."""

from dataclasses import dataclass

from auth_portal.core.visitor import Visitor
from auth_portal.entry.confirmation import SendConfirmation
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.sessions.recognise import Present


@dataclass(frozen=True)
class ResendConfirmation:
    """A new letter, within the limits of the address; nothing for a confirmed one."""

    confirmation: SendConfirmation
    record: Record

    async def __call__(self, present: Present, visitor: Visitor) -> None:
        """Always the same answer."""
        if await self.confirmation(present.account):
            await self.record(
                Kind.CONFIRMATION_RESENT,
                visitor,
                account_id=present.account.id,
                session_id=present.session.id,
            )
