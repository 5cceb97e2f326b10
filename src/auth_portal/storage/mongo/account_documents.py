"""How an account and its identities look as one document."""

from collections.abc import Sequence

from auth_portal.accounts.account import Account, Identity
from auth_portal.storage.mongo.collection import Document
from auth_portal.storage.mongo.values import instant, instant_or_none, stored


def key_of(provider: str, subject: str) -> str:
    """One text for (provider, subject): names of providers hold no colon, so no two pairs share it.

    One field, since a compound index over two fields of an array is what servers differ in.
    """
    return f"{provider}:{subject}"


def embedded(identity: Identity) -> Document:
    """An identity as it stands inside its account."""
    return {
        "id": identity.id,
        "key": key_of(identity.provider, identity.subject),
        "provider": identity.provider,
        "subject": identity.subject,
        "email": identity.email,
        "linked_at": stored(identity.linked_at),
    }


def identities_of(document: Document) -> list[Identity]:
    """The identities inside an account's document, oldest first."""
    found = [
        Identity(
            id=one["id"],
            account_id=document["_id"],
            provider=one["provider"],
            subject=one["subject"],
            email=one["email"],
            linked_at=instant(one["linked_at"]),
        )
        for one in document["identities"]
    ]
    return sorted(found, key=lambda one: (one.linked_at, one.id))


def document_of(account: Account, identities: Sequence[Identity]) -> Document:
    """The account's document. Absent values are null, so that a filter on null finds them."""
    return {
        "_id": account.id,
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "created_at": stored(account.created_at),
        "updated_at": stored(account.updated_at),
        "password_hash": account.password_hash,
        "email_confirmed_at": stored(account.email_confirmed_at),
        "locale": account.locale,
        "social_type": account.social_type,
        "password_changed_at": stored(account.password_changed_at),
        "password_reset_at": stored(account.password_reset_at),
        "disabled_at": stored(account.disabled_at),
        "deleted_at": stored(account.deleted_at),
        "epoch": account.epoch,
        "failures": account.failures,
        "failures_day": account.failures_day,
        "identities": [embedded(identity) for identity in identities],
    }


def account_of(document: Document) -> Account:
    """The inverse of `document_of`, without the identities."""
    return Account(
        id=document["_id"],
        email=document["email"],
        first_name=document["first_name"],
        last_name=document["last_name"],
        created_at=instant(document["created_at"]),
        updated_at=instant(document["updated_at"]),
        password_hash=document["password_hash"],
        email_confirmed_at=instant_or_none(document["email_confirmed_at"]),
        locale=document["locale"],
        social_type=document["social_type"],
        password_changed_at=instant_or_none(document["password_changed_at"]),
        password_reset_at=instant_or_none(document["password_reset_at"]),
        disabled_at=instant_or_none(document["disabled_at"]),
        deleted_at=instant_or_none(document["deleted_at"]),
        epoch=document["epoch"],
        failures=document["failures"],
        failures_day=document["failures_day"],
    )
