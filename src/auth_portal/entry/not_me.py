"""The button of the new-device letter: end that session and ask for a new password."""

from dataclasses import dataclass

from auth_portal.accounts.account import Identity
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

        The link is spent once the account is safe: where a step before fails, the button works again. Of
        several presses at once one writes the letter.
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
        await self.tickets.spend(token, Purpose.NOT_ME)
        if account is not None and account.email is not None:
            await self.forgot.write(account.email, visitor)

    async def _take_back(self, link: Spent, visitor: Visitor) -> None:
        """Unlink what was linked since the letter was written, and end the sessions that came by it.

        What its sessions link until they end is seen by the second look; who came by it until it was
        unlinked is out by the second end. A linking that is written later finds its session ended, and
        undoes itself.
        """
        if not await self._linked_since(link):
            return
        await self.accounts.end_everything(link.holder, self.clock())
        for one in await self._linked_since(link):
            # Even the last way in: the letters came to the owner's address, and a reset is another.
            if await self.accounts.unlink(link.holder, one.id, even_last=True):
                await self.record(
                    Kind.IDENTITY_UNLINKED,
                    visitor,
                    account_id=link.holder,
                    session_id=link.facts["session"],
                    provider=one.provider,
                )
        await self.accounts.end_everything(link.holder, self.clock())

    async def _linked_since(self, link: Spent) -> list[Identity]:
        """The account's identities that are younger than the letter."""
        linked = await self.accounts.identities(link.holder)
        return [one for one in linked if one.linked_at > link.created_at]
