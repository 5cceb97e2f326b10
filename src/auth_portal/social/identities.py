"""One's own linked accounts: list them, link another, unlink one."""

from dataclasses import dataclass

from auth_portal.accounts.account import Identity
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.refusal import LINK_INVALID, Refusal, unauthorized
from auth_portal.core.secrets import Randomness
from auth_portal.core.together import together
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.mail.letter import LetterKind
from auth_portal.sessions.notice import TellOwner
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.store import Sessions
from auth_portal.social import return_to
from auth_portal.social.linking import Known, Link, Refuse, decide_linking
from auth_portal.social.providers.registry import Providers
from auth_portal.social.refusals import IDENTITY_NOT_FOUND, LAST_SIGN_IN_METHOD, RECENT_SIGN_IN_REQUIRED
from auth_portal.social.rules import SocialRules
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Linked:
    """What the person may do without: every identity, and whether a password remains beside them."""

    identities: tuple[Identity, ...]
    has_password: bool


@dataclass(frozen=True)
class ListIdentities:
    """What is linked to my account."""

    accounts: Accounts

    async def __call__(self, present: Present) -> Linked:
        """Oldest first."""
        found = await self.accounts.identities(present.account.id)
        return Linked(tuple(found), present.account.password_hash is not None)


@dataclass(frozen=True)
class BeginLink:
    """Linking starts with the access token, and goes on by a navigation that carries none.

    The answer is an address of ours with a single-use ticket in it: the browser's own navigation
    there sets the cookies, which a call from another site could not.
    """

    providers: Providers
    tickets: Tickets
    clock: Clock
    sessions: SessionRules
    rules: SocialRules

    async def __call__(
        self, provider: str, present: Present, visitor: Visitor, return_to_place: str | None = None
    ) -> str:
        """The URL to navigate to, within a minute.

        Raises PROVIDER_UNKNOWN, RETURN_TO_REFUSED, RECENT_SIGN_IN_REQUIRED.
        """
        del visitor
        self.providers.named(provider)
        place = return_to.checked(return_to_place, self.rules.return_to)
        if self.clock() - present.session.created_at > self.sessions.recent:
            raise Refusal(RECENT_SIGN_IN_REQUIRED)
        ticket = await self.tickets.issue(
            Purpose.LINK_START,
            present.account.id,
            provider=provider,
            session=present.session.id,
            next=place,
        )
        return f"{self.rules.base}/{provider}?link={ticket.token}"


@dataclass(frozen=True)
class RedeemLink:
    """The call-back never links by itself: here the signed-in front end says that it is meant.

    So a person who was led through a stranger's linking gives the stranger nothing, and a code
    that leaks from a URL is worth nothing without the access token of that very session.
    """

    accounts: Accounts
    sessions: Sessions
    tickets: Tickets
    notice: TellOwner
    record: Record
    clock: Clock
    randomness: Randomness

    async def __call__(self, present: Present, code: str, visitor: Visitor) -> Identity:
        """The identity, linked now or before. Raises LINK_INVALID, IDENTITY_TAKEN, unauthorized."""
        seen = await self.tickets.peek(code, Purpose.LINK_CODE)
        if seen.holder != present.account.id or seen.facts["session"] != present.session.id:
            raise Refusal(LINK_INVALID, cause="another account's or another session's")
        facts = (await self.tickets.spend(code, Purpose.LINK_CODE)).facts
        provider, subject = facts["provider"], facts["subject"]
        for _ in range(2):
            known = await self.accounts.find_by_identity(provider, subject)
            match decide_linking(present.account, known):
                case Refuse(refused):
                    raise Refusal(refused)
                case Known(account):
                    theirs = await self.accounts.identities(account.id)
                    found = [one for one in theirs if (one.provider, one.subject) == (provider, subject)]
                    if found:
                        return found[0]
                case Link():
                    linked = await self._link(present, facts, visitor)
                    if linked is not None:
                        return linked
        raise unauthorized("the account is no longer as it was")

    async def _link(self, present: Present, facts: dict[str, str], visitor: Visitor) -> Identity | None:
        """Attach it, only while account and session are as they were recognised; tell the owner.

        "This was not me" ends the session before it looks what was linked: what it cannot see yet is
        undone here. The owner is told either way, whatever else fails.
        """
        now = self.clock()
        identity = Identity(
            id=new_id(now, self.randomness),
            account_id=present.account.id,
            provider=facts["provider"],
            subject=facts["subject"],
            email=facts["email"] or None,
            linked_at=now,
        )
        if not await self.accounts.link(identity, epoch=present.account.epoch):
            return None
        told = {
            "account_id": present.account.id,
            "session_id": present.session.id,
            "provider": identity.provider,
        }
        stays = await together(
            self._stays(present, identity),
            self.record(Kind.IDENTITY_LINKED, visitor, by="owner", **told),
            self.notice(LetterKind.IDENTITY_LINKED, present.account, visitor, provider=identity.provider),
        )
        if not stays:
            await self.record(Kind.IDENTITY_UNLINKED, visitor, **told)
            raise unauthorized("the session ended while it linked")
        return identity

    async def _stays(self, present: Present, identity: Identity) -> bool:
        """The session that linked it still lives; else it has been undone."""
        found = await self.sessions.find(present.session.id)
        if found is not None and found.session.ended_at is None:
            return True
        by_letter = present.account.email is not None  # a reset is another way in
        await self.accounts.unlink(identity.account_id, identity.id, even_last=by_letter)
        return False


@dataclass(frozen=True)
class Unlink:
    """Detach an identity: never the last way in."""

    accounts: Accounts
    record: Record

    async def __call__(self, present: Present, identity_id: str, visitor: Visitor) -> None:
        """Raises IDENTITY_NOT_FOUND, or LAST_SIGN_IN_METHOD."""
        mine = {one.id: one for one in await self.accounts.identities(present.account.id)}
        if identity_id not in mine:
            raise Refusal(IDENTITY_NOT_FOUND)
        if not await self.accounts.unlink(present.account.id, identity_id):
            left = await self.accounts.identities(present.account.id)
            gone = identity_id not in {one.id for one in left}
            raise Refusal(IDENTITY_NOT_FOUND if gone else LAST_SIGN_IN_METHOD)
        await self.record(
            Kind.IDENTITY_UNLINKED,
            visitor,
            account_id=present.account.id,
            session_id=present.session.id,
            provider=mine[identity_id].provider,
        )
