"""The port to where accounts are kept. Each method is one atomic change that commits itself."""

from datetime import datetime
from enum import Enum
from typing import Protocol

from auth_portal.accounts.account import Account, Identity


class Changed(Enum):
    """How a change of address ended."""

    DONE = "done"
    TAKEN = "taken"  # another account has the new address
    STALE = "stale"  # the account is no longer as it was when the change was asked for


class Accounts(Protocol):
    """Accounts and their identities. Guards stand in the statement: never read, decide, write."""

    async def create(self, account: Account, *identities: Identity) -> bool:
        """Insert the account, with its identities if any are given, whole or not at all.

        False when the address, the id or a (provider, subject) is taken. Of any number of
        parallel calls with one address exactly one returns True.
        """

    async def find(self, account_id: str) -> Account | None:
        """The account, deleted ones included; None when there is none."""

    async def find_by_email(self, email: str) -> Account | None:
        """The account with exactly this normalised address (deleted accounts have none)."""

    async def find_by_identity(self, provider: str, subject: str) -> Account | None:
        """The account to which the provider's subject is linked."""

    async def identities(self, account_id: str) -> list[Identity]:
        """All identities of the account, oldest first."""

    async def page(self, after_id: str, at_most: int) -> list[Account]:
        """Living accounts with id greater than `after_id`, in order of id: for exports and sweeps."""

    async def rename(
        self,
        account_id: str,
        *,
        first_name: str | None,
        last_name: str | None,
        locale: str | None,
        now: datetime,
    ) -> Account | None:
        """Set what is not None; returns the account as it then is, None when it is gone."""

    async def confirm(self, account_id: str, email: str, now: datetime) -> bool:
        """Mark the address proved, only while the account still has exactly this address.

        True also when it was confirmed before (the first instant stays); False when it is gone,
        has another address, or is disabled.
        """

    async def rehash(self, account_id: str, seen: str, fresh: str) -> bool:
        """Replace the stored form of the same password, only where `seen` still stands."""

    async def set_password(
        self, account_id: str, fresh: str, *, seen: str | None, epoch: int, now: datetime
    ) -> int | None:
        """Set or change the password and raise `epoch`, only where hash and epoch are as seen.

        Sets `password_changed_at`. Returns the new epoch; None when something else was first.
        """

    async def reset_password(
        self, account_id: str, fresh: str, *, email: str, epoch: int, now: datetime
    ) -> int | None:
        """What a reset link does, in one change, only where address and epoch are as the link knew.

        Sets the hash, confirms the address, raises `epoch`, ends the run of failures, sets
        `password_changed_at` and `password_reset_at`; when the address had **not** been confirmed,
        every identity linked so far goes too and `social_type` is cleared (a squatter may have
        linked his own). Refuses disabled and deleted accounts. Returns the new epoch or None.
        """

    async def take_over(self, account_id: str, *, email: str, epoch: int, now: datetime) -> int | None:
        """The proven owner of an address takes an account whose address was never confirmed.

        Wipes the password and every identity, confirms the address, raises `epoch`, ends the run
        of failures. Only while it is unconfirmed, active, and address and epoch are as seen.
        Returns the new epoch or None.
        """

    async def change_email(
        self, account_id: str, *, old: str | None, new: str, epoch: int, now: datetime
    ) -> Changed:
        """Replace the address and confirm it, only where address and epoch are as seen."""

    async def link(self, identity: Identity, *, epoch: int) -> bool:
        """Attach the identity to its account, only while that is active and its epoch as seen.

        So a squatter's linking that was decided before a take-over or a reset cannot land after
        it. False when (provider, subject) is taken, or the account is no longer as it was.
        """

    async def unlink(self, account_id: str, identity_id: str, *, even_last: bool = False) -> bool:
        """Detach it, only while a password or another identity remains: never the last way in.

        With `even_last` also then: it is somebody else's, and a letter is a way in. Of two parallel
        calls that would together remove the last way in, one returns False. Clears `social_type` when
        it named this provider.
        """

    async def disable(self, account_id: str, now: datetime) -> bool:
        """Shut the account and raise `epoch`; False when there is no living account."""

    async def enable(self, account_id: str, now: datetime) -> bool:
        """Open a disabled account again; its old sessions stay ended."""

    async def delete(self, account_id: str, now: datetime, *, epoch: int | None = None) -> bool:
        """Blank the account in one change: names, address, hash, locale go, the address is free.

        Sets `deleted_at`, raises `epoch`, and removes its identities. The row itself stays until
        the sweep. Only where the epoch is as seen, if one is given: its owner's proof was made at
        that one. False when there was no such living account.
        """

    async def end_everything(self, account_id: str, now: datetime) -> int | None:
        """Raise `epoch`: every session of the account is ended. Returns it, None when gone."""

    async def reserve_try(self, account_id: str, *, today: int, at_most: int) -> bool:
        """Count one failed sign-in in advance, only while fewer than `at_most` stand in a row.

        The run halves with each day that passed since `failures_day`. False changes nothing. Of
        any number of parallel calls no more than the free places return True.
        """

    async def give_back_try(self, account_id: str) -> None:
        """The reserved try succeeded: take one from the run (never below zero)."""

    async def forgive(self, account_id: str) -> None:
        """End the run of failures: after a reset, or a sign-in from a known device."""

    async def deleted_before(self, before: datetime, at_most: int) -> list[str]:
        """Ids of accounts deleted before that instant, the earliest first."""

    async def remove_deleted(self, account_id: str) -> bool:
        """Remove the row of a deleted account, when nothing that hangs on it is left; once."""
