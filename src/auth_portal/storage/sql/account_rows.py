"""Accounts and identities as rows, by position and without detours: the hottest read goes through here."""

from typing import Any

from auth_portal.accounts.account import Account, Identity
from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.storage.sql.driver import Row
from auth_portal.storage.sql.values import instant, milliseconds


def to_account(row: Row) -> Account:
    """The account of a row that has exactly the columns of the table."""
    (
        account_id,
        email,
        first_name,
        last_name,
        created_at,
        updated_at,
        password_hash,
        email_confirmed_at,
        locale,
        social_type,
        password_changed_at,
        password_reset_at,
        disabled_at,
        deleted_at,
        epoch,
        failures,
        failures_day,
    ) = row
    return Account(
        account_id,
        email,
        first_name,
        last_name,
        from_milliseconds(created_at),
        from_milliseconds(updated_at),
        password_hash,
        instant(email_confirmed_at),
        locale,
        social_type,
        instant(password_changed_at),
        instant(password_reset_at),
        instant(disabled_at),
        instant(deleted_at),
        epoch,
        failures,
        failures_day,
    )


def from_account(account: Account) -> dict[str, Any]:
    """Every column of the account's row."""
    return {
        "id": account.id,
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "created_at": to_milliseconds(account.created_at),
        "updated_at": to_milliseconds(account.updated_at),
        "password_hash": account.password_hash,
        "email_confirmed_at": milliseconds(account.email_confirmed_at),
        "locale": account.locale,
        "social_type": account.social_type,
        "password_changed_at": milliseconds(account.password_changed_at),
        "password_reset_at": milliseconds(account.password_reset_at),
        "disabled_at": milliseconds(account.disabled_at),
        "deleted_at": milliseconds(account.deleted_at),
        "epoch": account.epoch,
        "failures": account.failures,
        "failures_day": account.failures_day,
    }


def to_identity(row: Row) -> Identity:
    """The identity of a row that has exactly the columns of the table."""
    identity_id, account_id, provider, subject, email, linked_at = row
    return Identity(identity_id, account_id, provider, subject, email, from_milliseconds(linked_at))


def from_identity(identity: Identity) -> dict[str, Any]:
    """Every column of the identity's row."""
    return {
        "id": identity.id,
        "account_id": identity.account_id,
        "provider": identity.provider,
        "subject": identity.subject,
        "email": identity.email,
        "linked_at": to_milliseconds(identity.linked_at),
    }
