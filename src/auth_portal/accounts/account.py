"""The account: one person's row, and the identities by which providers know that person."""

from datetime import datetime

from msgspec import Struct


class Account(Struct, frozen=True):
    """One person. All instants are aware, UTC, whole milliseconds.

    `epoch` rises with every event that ends all sessions; `failures` is the run of failed sign-ins
    as counted on `failures_day` (days since 1970-01-01 UTC; it halves each day, `passwords/tries.py`).
    """

    id: str
    email: str | None
    first_name: str
    last_name: str
    created_at: datetime
    updated_at: datetime
    password_hash: str | None = None  # PHC string, or an imported modular-crypt one
    email_confirmed_at: datetime | None = None
    locale: str | None = None
    social_type: str | None = None  # the provider the account was made through, if any
    password_changed_at: datetime | None = None
    password_reset_at: datetime | None = None  # the last completed reset by mail
    disabled_at: datetime | None = None
    deleted_at: datetime | None = None
    epoch: int = 0
    failures: int = 0
    failures_day: int = 0

    @property
    def confirmed(self) -> bool:
        """The address was proved by its owner."""
        return self.email_confirmed_at is not None

    @property
    def active(self) -> bool:
        """May sign in and be signed in: neither disabled nor deleted."""
        return self.disabled_at is None and self.deleted_at is None


class Identity(Struct, frozen=True):
    """A person as a provider knows them; (provider, subject) is unique over all accounts."""

    id: str
    account_id: str
    provider: str
    subject: str
    email: str | None  # as the provider last told it, for display only
    linked_at: datetime
