"""Reads one row of the original's `users` collection; pure, decides nothing about other rows."""

import re
from datetime import UTC, datetime, timedelta

from auth_portal.moving.arrival import Arrival, ArrivingIdentity, Read, Remark, Unusable
from auth_portal.moving.cleaning import Understood, Values, read_id

OBJECT_ID = re.compile(r"[0-9a-f]{24}")
CONFIRMED = (1, "1")
EXACT_IN_JAVASCRIPT = 2**53
LONGEST_GITHUB_ID = 12  # digits; today they have up to nine
GOOGLE_ID = range(18, 23)  # digits; as a rule 21


def read_original(raw: object, where: str, now: datetime, understood: Understood) -> Read:
    """The row as an arrival. Tokens, the confirm link and `__v` are dropped by never being read."""
    if not isinstance(raw, dict):
        return Unusable(where, "the row is no object")
    account_id = read_id(raw.get("_id"))
    if account_id is None:
        return Unusable(where, "the id is missing or has no usable form")
    if raw.get("deletedAt") is not None:
        return Unusable(where, "was deleted in the original")
    values = Values(raw)
    created = values.instant("createdAt")
    if created is None:
        values.remark(Remark.DATE_GUESSED)
        created = _birth_of(account_id) or now
    updated = values.instant("updatedAt") or created
    email = values.email()
    identity = _identity(values, email, created)
    confirmed = raw.get("status") in CONFIRMED and not isinstance(raw.get("status"), bool)
    return Arrival(
        where=where,
        id=account_id,
        email=email,
        first_name=values.name("firstName"),
        last_name=values.name("lastName"),
        created_at=created,
        updated_at=updated,
        password_hash=values.password_hash("password", understood),
        # Finding out costs a whole bcrypt each, and only people of a provider were stored like that.
        maybe_hash_of_nothing=bool(raw.get("socialId") or raw.get("socialType")),
        email_confirmed_at=created if confirmed and email is not None else None,
        social_type=identity.provider if identity else None,
        password_changed_at=values.instant("lastPasswordChange"),
        identities=(identity,) if identity else (),
        remarks=tuple(values.remarks),
    )


def provider_of(subject: str, said: str) -> str | None:
    """Whose id it is, told by its form, since Google's people were stored as `github` too."""
    if not subject.isascii() or not subject.isdigit():
        return None
    if len(subject) in GOOGLE_ID:
        return "google"
    if len(subject) <= LONGEST_GITHUB_ID and said != "google":
        return "github"
    return None


def _identity(values: Values, email: str | None, linked_at: datetime) -> ArrivingIdentity | None:
    """The identity, when the row has one; a remark when its id is of no known form."""
    subject = values.raw.get("socialId")
    if isinstance(subject, int) and not isinstance(subject, bool) and 0 < subject < EXACT_IN_JAVASCRIPT:
        subject = str(subject)
    if subject is None or subject == "":
        return None
    said = values.text("socialType") or ""
    provider = provider_of(subject, said.lower()) if isinstance(subject, str) else None
    if provider is None or not isinstance(subject, str):
        values.remark(Remark.IDENTITY_UNREADABLE)
        return None
    if provider == "google" and said.lower() == "github":
        values.remark(Remark.GOOGLE_AS_GITHUB)
    return ArrivingIdentity(provider, subject, email, linked_at)


def _birth_of(account_id: str) -> datetime | None:
    """An ObjectId begins with the second in which it was made."""
    if not OBJECT_ID.fullmatch(account_id):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(account_id[:8], 16))
