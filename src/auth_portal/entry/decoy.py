"""The row of nobody: failed sign-ins of unknown addresses are counted on it, at the same price."""

from datetime import UTC, datetime

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts

DECOY_ID = "nobody"
NEVER_SWEPT = datetime(9999, 1, 1, tzinfo=UTC)


async def lay_decoy(accounts: Accounts, now: datetime) -> None:
    """Make sure that the row is there: a deleted account without address, which nobody can be."""
    await accounts.create(
        Account(
            id=DECOY_ID,
            email=None,
            first_name="",
            last_name="",
            created_at=now,
            updated_at=now,
            deleted_at=NEVER_SWEPT,
        )
    )
