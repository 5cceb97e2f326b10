"""Moves people out: every living account with its hash and identities, as rows of a file."""

import csv
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

import msgspec

from auth_portal.accounts.account import Account, Identity
from auth_portal.accounts.store import Accounts
from auth_portal.moving.user_file import COLUMNS

AT_ONCE = 500
Cell = str | bool | list[dict[str, str | None]]


@dataclass(frozen=True)
class MoveOut:
    """Reads page by page in order of id; what changes meanwhile is read before or after its change."""

    accounts: Accounts

    async def rows(self) -> AsyncIterator[dict[str, Cell]]:
        """One row per living account; what is absent has no key."""
        after = ""
        while page := await self.accounts.page(after, AT_ONCE):
            for account in page:
                yield row_of(account, await self.accounts.identities(account.id))
            after = page[-1].id

    async def write_lines(self, file: TextIO, told: Callable[[int], None]) -> int:
        """JSON lines, as `import users` reads them; returns how many."""
        many = 0
        async for row in self.rows():
            file.write(msgspec.json.encode(row).decode() + "\n")
            many += 1
            told(1)
        return many

    async def write_csv(self, file: TextIO, told: Callable[[int], None]) -> int:
        """CSV with a head line; `identities` is JSON in its cell. Returns how many rows."""
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        many = 0
        async for row in self.rows():
            writer.writerow({name: _cell(value) for name, value in row.items()})
            many += 1
            told(1)
        return many


def row_of(account: Account, identities: list[Identity]) -> dict[str, Cell]:
    """The account under the names of the API, with hash and identities."""
    given: dict[str, Cell | None] = {
        "id": account.id,
        "email": account.email,
        "firstName": account.first_name,
        "lastName": account.last_name,
        "locale": account.locale,
        "emailVerified": account.confirmed,
        "emailVerifiedAt": _instant(account.email_confirmed_at),
        "passwordHash": account.password_hash,
        "socialType": account.social_type,
        "createdAt": _instant(account.created_at),
        "updatedAt": _instant(account.updated_at),
        "lastPasswordChange": _instant(account.password_changed_at),
        "lastPasswordReset": _instant(account.password_reset_at),
        "disabledAt": _instant(account.disabled_at),
        "identities": [
            {
                "id": one.id,
                "provider": one.provider,
                "subject": one.subject,
                "email": one.email,
                "linkedAt": _instant(one.linked_at),
            }
            for one in identities
        ],
    }
    return {name: value for name, value in given.items() if value is not None}


def _instant(instant: datetime | None) -> str | None:
    """ISO 8601 with milliseconds and Z, as the API writes instants."""
    if instant is None:
        return None
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cell(value: Cell) -> str:
    """A value as one cell of CSV."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return msgspec.json.encode(value).decode()
