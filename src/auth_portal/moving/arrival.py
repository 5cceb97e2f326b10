"""A person on the way in, as a source describes them, and everything there may be to remark."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Remark(StrEnum):
    """What the operator should know of a row. The values are keys of the report."""

    NO_EMAIL = "no e-mail address"
    EMAIL_UNUSABLE = "the e-mail address is none"
    EMAIL_DUPLICATE = "another row has the same address (differing by case)"
    EMAIL_TAKEN = "an account that is already here has the address"
    IDENTITY_UNREADABLE = "the provider's id has no known form"
    IDENTITY_DUPLICATE = "another row has the same identity"
    IDENTITY_TAKEN = "an account that is already here has the identity"
    GOOGLE_AS_GITHUB = "was stored as github, is Google"
    HASH_OF_NOTHING = "the password was the hash of an empty text: no password"
    HASH_UNUSABLE = 'the password hash has no known form: a new one by "forgot password"'
    DATE_GUESSED = "a date was missing or unreadable"
    NAME_CLEANED = "a name held what cannot be stored, or was too long"
    REFUSED = "one of its keys is in use here"
    ID_WITH_ANOTHER_ADDRESS = "its id is here already with another address: changed since, or somebody else"
    DELETED_HERE = "the account was deleted here: it is not brought back"
    NO_WAY_IN = "neither an address nor an identity"


@dataclass(frozen=True, slots=True)
class ArrivingIdentity:
    """How a provider knows the person. `id` is kept when the source has one (our own exports)."""

    provider: str
    subject: str
    email: str | None = None
    linked_at: datetime | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row, cleaned, before anything was decided. `where` is for the report: a line, an id."""

    where: str
    id: str | None  # None: the source has none, a new one is made
    email: str | None  # normalised
    first_name: str
    last_name: str
    created_at: datetime
    updated_at: datetime
    password_hash: str | None = None
    maybe_hash_of_nothing: bool = False  # worth the time of finding out
    email_confirmed_at: datetime | None = None
    locale: str | None = None
    social_type: str | None = None
    password_changed_at: datetime | None = None
    password_reset_at: datetime | None = None
    disabled_at: datetime | None = None
    identities: tuple[ArrivingIdentity, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Unusable:
    """A row of which nothing can be made, and why."""

    where: str
    why: str


Read = Arrival | Unusable
