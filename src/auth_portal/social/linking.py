"""Whose account is it? A pure decision over facts; its table stands in docs/flows/social.md."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.core.refusal import Refused
from auth_portal.social.provider import Profile
from auth_portal.social.refusals import EMAIL_UNVERIFIED, IDENTITY_TAKEN, LINK_FIRST


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides. `address` is the one proved address, None when nothing was proved.

    `known` holds the subject's identity; `holder` has the address; `holder_knows_provider` says
    that the holder has another identity of the same provider.
    """

    address: str | None
    known: Account | None = None
    holder: Account | None = None
    holder_knows_provider: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The subject is linked: this account, whatever addresses say today."""

    account: Account


@dataclass(frozen=True, slots=True)
class Link:
    """Both sides proved the same address: attach the identity to this account."""

    account: Account


@dataclass(frozen=True, slots=True)
class TakeOver:
    """The provider proved the address and the account never did: its proven owner takes it."""

    account: Account
    address: str


@dataclass(frozen=True, slots=True)
class Create:
    """Nobody has the address: a new account."""

    address: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """No, and nothing about any account is told."""

    refused: Refused


Decision = Known | Link | TakeOver | Create | Refuse


def chosen_address(profile: Profile) -> str | None:
    """The one address that may name a person: verified, and no relay or placeholder address.

    The primary one if it qualifies, else the first that does. Only this one is ever compared, so
    that a forgotten second address at the provider merges nobody. "Primary" alone proves nothing.
    """
    proved = [email for email in profile.emails if email.verified and not email.private]
    first = next((email for email in proved if email.primary), proved[0] if proved else None)
    return first.address if first else None


def shown_address(profile: Profile) -> str | None:
    """What the list of linked accounts shows: the address above, else any that was told."""
    return chosen_address(profile) or next((email.address for email in profile.emails), None)


def decide(facts: Facts) -> Decision:
    """Known, Link, TakeOver, Create or Refuse; the first that fits, in the order of the table."""
    if facts.known is not None:
        return Known(facts.known) if facts.known.active else Refuse(LINK_FIRST)
    if facts.address is None:
        return Refuse(EMAIL_UNVERIFIED)
    if facts.holder is None:
        return Create(facts.address)
    return _with_holder(facts.holder, facts.address, knows_provider=facts.holder_knows_provider)


def _with_holder(holder: Account, address: str, *, knows_provider: bool) -> Decision:
    """Somebody has the proved address, and the subject is new to us."""
    if not holder.active:
        return Refuse(LINK_FIRST)
    if not holder.confirmed:
        return TakeOver(holder, address)
    if knows_provider:
        # The mailbox may have a new owner (a company gives addresses out again): he has a new
        # subject and the old address. Only the person himself may say that both are his.
        return Refuse(LINK_FIRST)
    return Link(holder)


def decide_linking(mine: Account, known: Account | None) -> Known | Link | Refuse:
    """Linking in the settings: the signed-in person says so himself, addresses do not matter."""
    if known is None:
        return Link(mine)
    if known.id == mine.id:
        return Known(mine)
    return Refuse(IDENTITY_TAKEN)
