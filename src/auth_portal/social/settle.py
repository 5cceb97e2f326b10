"""From a proved profile to an account: read the facts, decide, act; the loser of a race looks again."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account, Identity
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.refusal import Refusal, unavailable
from auth_portal.core.secrets import Randomness
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.sessions.store import Devices
from auth_portal.social.linking import (
    Create,
    Decision,
    Facts,
    Known,
    Link,
    Refuse,
    TakeOver,
    chosen_address,
    decide,
    shown_address,
)
from auth_portal.social.provider import Profile
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets

MOST_ROUNDS = 8
DIE_WITH_A_TAKE_OVER = (
    Purpose.CONFIRM,
    Purpose.RESET,
    Purpose.CHANGE_EMAIL,
    Purpose.NOT_ME,
    Purpose.OAUTH_STATE,
    Purpose.HANDOFF,
    Purpose.LINK_START,
    Purpose.LINK_CODE,
    Purpose.SECOND_STEP,
)


@dataclass(frozen=True, slots=True)
class Settled:
    """The account as it was read, or made, in the round that decided; `first` when made just now."""

    account: Account
    first: bool = False


@dataclass(frozen=True)
class Settle:
    """Finds, links, takes over or makes the account. Each act is one port call that guards itself."""

    accounts: Accounts
    tickets: Tickets
    devices: Devices
    record: Record
    clock: Clock
    randomness: Randomness

    async def __call__(self, provider: str, profile: Profile, visitor: Visitor) -> Settled:
        """Raises the catalogue's refusal when the decision is Refuse."""
        for _ in range(MOST_ROUNDS):
            decision = await self._decide(provider, profile)
            if decision is None:
                continue
            settled = await self._act(decision, provider, profile, visitor)
            if settled is not None:
                return settled
        raise unavailable("somebody else was first in every round")

    async def _decide(self, provider: str, profile: Profile) -> Decision | None:
        """Read what is true now, and decide; None when it changed between one read and the next."""
        address = chosen_address(profile)
        known = await self.accounts.find_by_identity(provider, profile.subject)
        if known is not None or address is None:
            return decide(Facts(address, known))
        holder = await self.accounts.find_by_email(address)
        if holder is None:
            return decide(Facts(address))
        theirs = [one for one in await self.accounts.identities(holder.id) if one.provider == provider]
        if any(one.subject == profile.subject for one in theirs):
            return None  # a twin request of the same person has just linked it
        return decide(Facts(address, None, holder, bool(theirs)))

    async def _act(
        self, decision: Decision, provider: str, profile: Profile, visitor: Visitor
    ) -> Settled | None:
        """Do what was decided; None when the facts have changed and must be read again."""
        match decision:
            case Refuse(refused):
                raise Refusal(refused, cause="as decided")
            case Known(account):
                return Settled(account)
            case Link(account):
                return await self._link(account, provider, profile, visitor)
            case TakeOver(account, address):
                await self._take_over(account, address, provider, profile, visitor)
                return None
            case Create(address):
                return await self._create(address, provider, profile, visitor)

    async def _link(
        self, account: Account, provider: str, profile: Profile, visitor: Visitor
    ) -> Settled | None:
        """Attach the identity, only while the account is as it was read."""
        identity = self._identity(account.id, provider, profile)
        if not await self.accounts.link(identity, epoch=account.epoch):
            return None
        await self.record(
            Kind.IDENTITY_LINKED, visitor, account_id=account.id, provider=provider, by="address"
        )
        return Settled(account)

    async def _take_over(
        self, account: Account, address: str, provider: str, profile: Profile, visitor: Visitor
    ) -> None:
        """Account first, identity after: see the crash windows in docs/flows/social.md.

        Always looks again: the account is now confirmed and has no identity, so the next round
        decides Link and carries the new epoch.
        """
        now = self.clock()
        epoch = await self.accounts.take_over(account.id, email=address, epoch=account.epoch, now=now)
        if epoch is None:
            return
        await self.tickets.void(account.id, *DIE_WITH_A_TAKE_OVER)
        await self.devices.forget(account.id)
        if profile.first_name or profile.last_name:  # or a squatter's words would greet the owner in letters
            first, last = profile.first_name, profile.last_name
            await self.accounts.rename(
                account.id, first_name=first, last_name=last, locale=profile.locale, now=now
            )
        await self.record(Kind.ACCOUNT_TAKEN_OVER, visitor, account_id=account.id, provider=provider)

    async def _create(
        self, address: str, provider: str, profile: Profile, visitor: Visitor
    ) -> Settled | None:
        """Account and identity in one change; of any number of parallel calls one makes them."""
        now = self.clock()
        account = Account(
            id=new_id(now, self.randomness),
            email=address,
            first_name=profile.first_name,
            last_name=profile.last_name,
            created_at=now,
            updated_at=now,
            email_confirmed_at=now,
            locale=profile.locale,
            social_type=provider,
        )
        if not await self.accounts.create(account, self._identity(account.id, provider, profile)):
            return None
        await self.record(Kind.REGISTERED, visitor, account_id=account.id, method=provider)
        return Settled(account, first=True)

    def _identity(self, account_id: str, provider: str, profile: Profile) -> Identity:
        """A new identity for the account; its address is only for display."""
        now = self.clock()
        shown = shown_address(profile)
        return Identity(new_id(now, self.randomness), account_id, provider, profile.subject, shown, now)
