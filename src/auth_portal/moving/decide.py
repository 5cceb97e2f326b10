"""Decides what becomes of a row: from the row, the other rows and what is already here; pure."""

from dataclasses import dataclass, field, replace
from enum import Enum

from auth_portal.moving.arrival import Arrival, ArrivingIdentity, Remark


class Fate(Enum):
    """What is done with a row."""

    TAKE = "take"
    ALREADY = "already"  # it is here, nothing is changed
    LEAVE = "leave"  # nobody could sign in with what would be left of it, or nobody wants to


@dataclass(frozen=True, slots=True)
class Standing:
    """What is already here of a row."""

    exists: bool = False
    renamed: bool = False  # it exists, with another address
    deleted: bool = False  # it was here, and its owner or an operator deleted it
    email_taken: bool = False
    identities_taken: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """The fate, and the row as it would be taken, with every remark."""

    fate: Fate
    arrival: Arrival


@dataclass
class Claims:
    """Who of all rows gets an address or an identity that several have; filled by a first pass.

    An address goes to the row whose owner proved it, among those to the one used last; an identity
    to the oldest row. So the outcome does not hang on the order in which rows come.
    """

    emails: dict[str, tuple[tuple[int, float, str], str]] = field(default_factory=dict)
    identities: dict[tuple[str, str], tuple[tuple[float, str], str]] = field(default_factory=dict)
    ids: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def note(self, arrival: Arrival) -> None:
        """Let the row claim what it has; of rows with one id only the first counts."""
        mine = (arrival.where, arrival.email)
        if arrival.id is not None and self.ids.setdefault(arrival.id, mine)[0] != arrival.where:
            return
        if arrival.email is not None:
            proved = 0 if arrival.email_confirmed_at is not None else 1
            rank = (proved, -arrival.updated_at.timestamp(), arrival.where)
            held = self.emails.get(arrival.email)
            if held is None or rank < held[0]:
                self.emails[arrival.email] = (rank, arrival.where)
        for identity in arrival.identities:
            key = (identity.provider, identity.subject)
            age = (arrival.created_at.timestamp(), arrival.where)
            first = self.identities.get(key)
            if first is None or age < first[0]:
                self.identities[key] = (age, arrival.where)

    def repeats(self, arrival: Arrival) -> bool:
        """An earlier row has the same id."""
        return arrival.id is not None and self.ids[arrival.id][0] != arrival.where

    def renames(self, arrival: Arrival) -> bool:
        """An earlier row has the same id with another address."""
        return arrival.id is not None and differ(self.ids[arrival.id][1], arrival.email)

    def has_email(self, arrival: Arrival) -> bool:
        """The row's address is its own."""
        return arrival.email is None or self.emails[arrival.email][1] == arrival.where

    def has_identity(self, arrival: Arrival, identity: ArrivingIdentity) -> bool:
        """The identity is the row's own."""
        return self.identities[(identity.provider, identity.subject)][1] == arrival.where


def differ(one: str | None, other: str | None) -> bool:
    """Both are addresses, and not the same: maybe of two people."""
    return one is not None and other is not None and one != other


def decide(arrival: Arrival, claims: Claims, standing: Standing, *, hash_of_nothing: bool) -> Decision:
    """Name the fate of one row.

    A row that loses its address is taken only if its provider still lets the person in, and then
    without the password, which nobody could use.
    """
    if standing.deleted:
        return Decision(Fate.LEAVE, replace(arrival, remarks=(Remark.DELETED_HERE,)))
    if standing.exists or claims.repeats(arrival):
        other = standing.renamed or claims.renames(arrival)
        told = (Remark.ID_WITH_ANOTHER_ADDRESS,) if other else ()
        return Decision(Fate.ALREADY, replace(arrival, remarks=told))
    remarks = list(arrival.remarks)
    email = _email(arrival, claims, standing, remarks)
    identities = _identities(arrival, claims, standing, remarks)
    password = arrival.password_hash
    if hash_of_nothing:
        remarks.append(Remark.HASH_OF_NOTHING)
        password = None
    if email is None and not identities:
        remarks.append(Remark.NO_WAY_IN)
    social = arrival.social_type
    if social is not None and all(one.provider != social for one in identities):
        social = None
    taken = replace(
        arrival,
        email=email,
        email_confirmed_at=arrival.email_confirmed_at if email is not None else None,
        password_hash=password if email is not None else None,
        social_type=social,
        identities=identities,
        remarks=tuple(remarks),
    )
    return Decision(Fate.LEAVE if email is None and not identities else Fate.TAKE, taken)


def _email(arrival: Arrival, claims: Claims, standing: Standing, remarks: list[Remark]) -> str | None:
    """The address with which the row may be taken."""
    if not claims.has_email(arrival):
        remarks.append(Remark.EMAIL_DUPLICATE)
        return None
    if arrival.email is not None and standing.email_taken:
        remarks.append(Remark.EMAIL_TAKEN)
        return None
    return arrival.email


def _identities(
    arrival: Arrival, claims: Claims, standing: Standing, remarks: list[Remark]
) -> tuple[ArrivingIdentity, ...]:
    """The identities with which the row may be taken."""
    kept: list[ArrivingIdentity] = []
    for identity in arrival.identities:
        if not claims.has_identity(arrival, identity):
            remarks.append(Remark.IDENTITY_DUPLICATE)
        elif (identity.provider, identity.subject) in standing.identities_taken:
            remarks.append(Remark.IDENTITY_TAKEN)
        else:
            kept.append(identity)
    return tuple(kept)
