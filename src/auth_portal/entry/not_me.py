"""The button of the new-device letter: end that session and ask for a new password."""

from dataclasses import dataclass

from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.passwords.forgot import ForgotPassword
from auth_portal.sessions.session import EndReason
from auth_portal.sessions.store import Devices, Sessions
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Spent, Tickets

UNDER_WAY = (
    Purpose.CHANGE_EMAIL,
    Purpose.HANDOFF,
    Purpose.LINK_START,
    Purpose.LINK_CODE,
    Purpose.SECOND_STEP,
)
"""What the other one may have begun: finished after the session's end, it would keep the owner out."""


@dataclass(frozen=True)
class NotMe:
    """End the session that somebody else opened and what is under way; a reset letter goes out.

    No device stays known, and what was linked since that session began is linked no longer: it would
    outlive a new password. The letter is not limited by network: who asks has shown a letter to this address.
    """

    accounts: Accounts
    sessions: Sessions
    devices: Devices
    tickets: Tickets
    forgot: ForgotPassword
    gate: Gate
    limits: LimitRules
    record: Record
    clock: Clock

    async def __call__(self, token: str, visitor: Visitor) -> None:
        """Raises LINK_INVALID when the link was used, has expired or never was.

        The link is spent last: where a step fails the button works again, and no step minds a second time.
        """
        await self.gate.count("link", visitor.network, self.limits.link_network)
        link = await self.tickets.peek(token, Purpose.NOT_ME)
        session_id = link.facts["session"]
        await self.sessions.end_own(link.holder, session_id, EndReason.NOT_ME, self.clock())
        await self.tickets.void(link.holder, *UNDER_WAY)
        await self.devices.forget(link.holder)
        await self._take_back(link, visitor)
        await self.record(Kind.NOT_ME, visitor, account_id=link.holder, session_id=session_id)
        account = await self.accounts.find(link.holder)
        if account is not None and account.email is not None:
            await self.forgot.write(account.email, visitor)
        await self.tickets.spend(token, Purpose.NOT_ME)

    async def _take_back(self, link: Spent, visitor: Visitor) -> None:
        """Unlink what was linked since the letter was written, and end the sessions that came by it.

        A linking that is written later finds the session ended, and undoes itself.
        """
        linked = await self.accounts.identities(link.holder)
        theirs = [one for one in linked if one.linked_at > link.created_at]
        if not theirs:
            return
        await self.accounts.end_everything(link.holder, self.clock())
        for one in theirs:
            if await self.accounts.unlink(link.holder, one.id):
                await self.record(
                    Kind.IDENTITY_UNLINKED,
                    visitor,
                    account_id=link.holder,
                    session_id=link.facts["session"],
                    provider=one.provider,
                )
