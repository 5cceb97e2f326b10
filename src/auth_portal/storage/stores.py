"""All ports of one opened database in one record, and what commands ask of the database itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from auth_portal.accounts.store import Accounts
from auth_portal.journal.store import Journal
from auth_portal.mail.store import Outbox
from auth_portal.sessions.store import Devices, Sessions, SigningKeys
from auth_portal.tickets.store import TicketStore


class StorageError(Exception):
    """What an operator must hear at start: a sentence that says what to do."""


class NewerSchemaError(StorageError):
    """The database was migrated by a newer version of this program, which is refused."""


class OlderSchemaError(StorageError):
    """The database has not been migrated to what this program needs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `doctor`: is it good, and what was seen."""

    good: bool
    sentence: str


class Admin(Protocol):
    """The database itself: its health and its schema, apart from what is kept in it."""

    async def ping(self) -> None:
        """Return when reads and writes work now. Raises the refusal `unavailable` when not."""

    async def close(self) -> None:
        """Finish what was begun and let go of every connection."""

    async def schema_version(self) -> str:
        """The version that stands in the database; "" for an empty one."""

    async def plan(self) -> list[str]:
        """What `migrate` would do, a line for each step; empty when the schema is current."""

    async def migrate(self, progress: Callable[[str], None]) -> None:
        """Bring the schema up to date, under a lock: of several that start at once one does it.

        Costs one query when nothing is to be done. Raises NewerSchemaError.
        """

    async def require_current(self) -> None:
        """Raise NewerSchemaError or OlderSchemaError unless the schema is exactly ours."""

    async def check(self) -> list[Finding]:
        """What `doctor` reports of the database; slow looks are allowed here."""

    async def row_counts(self) -> dict[str, int]:
        """How many rows each table has; slow."""


@dataclass(frozen=True)
class Stores:
    """Every port, on one database. `engine` is sqlite, postgresql or mongodb.

    `counts` tells what the driver counted since the start, for the metrics.
    """

    engine: str
    accounts: Accounts
    sessions: Sessions
    devices: Devices
    signing_keys: SigningKeys
    tickets: TicketStore
    outbox: Outbox
    journal: Journal
    admin: Admin
    counts: Callable[[], dict[str, int]] = dict

    @property
    def as_one(self) -> bool:
        """What is written in one turn of the loop is committed or lost as one, in its order."""
        return self.engine == "sqlite"

    async def ping(self) -> None:
        """Return when reads and writes work now. Raises the refusal `unavailable` when not."""
        await self.admin.ping()

    async def close(self) -> None:
        """Finish what was begun and let go of every connection."""
        await self.admin.close()
