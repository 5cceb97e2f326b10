"""Where people move to: the ports on each database in turn, and everything that lies in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from auth_portal.accounts.account import Account, Identity
from auth_portal.cli.moving import Quiet
from auth_portal.core.clock import system_clock
from auth_portal.core.secrets import system_randomness
from auth_portal.journal.record import Record
from auth_portal.moving.move_in import MoveIn
from auth_portal.passwords.foreign import matches
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.stores import Stores

Everybody = dict[str, tuple[Account, tuple[tuple[str, str, str | None], ...]]]


@asynccontextmanager
async def opened(settings: dict[str, str], folder: Path) -> AsyncIterator[Stores]:
    """The migrated ports on the database that the settings choose; SQLite in `folder` by default."""
    rules = StorageRules(url=settings.get("DATABASE_URL", f"sqlite:///{folder / 'auth-portal.db'}"))
    if rules.engine == "mongodb":
        from auth_portal.storage.mongo.open import open_mongo as open_stores  # noqa: PLC0415 -- one driver each
    else:
        from auth_portal.storage.sql.open import open_sql as open_stores  # noqa: PLC0415 -- see above
    stores = await open_stores(rules, Quiet())
    try:
        await stores.admin.migrate(lambda _step: None)
        yield stores
    finally:
        await stores.close()


def move_in(stores: Stores) -> MoveIn:
    """The flow as the command wires it."""
    record = Record(stores.journal, system_clock, system_randomness, Quiet(), lambda _kind, _outcome: None)
    return MoveIn(
        stores.accounts,
        stores.journal,
        record,
        system_clock,
        system_randomness,
        lambda stored: matches(b"", stored),
    )


async def accounts_of(stores: Stores) -> dict[str, Account]:
    """Every living account."""
    found: dict[str, Account] = {}
    after = ""
    while page := await stores.accounts.page(after, 2000):
        found |= {account.id: account for account in page}
        after = page[-1].id
    return found


async def everybody(stores: Stores) -> Everybody:
    """Every living account with its identities, apart from ids that each import makes anew."""
    return {
        name: (account, tuple(_plain(await stores.accounts.identities(name))))
        for name, account in (await accounts_of(stores)).items()
    }


def _plain(identities: list[Identity]) -> list[tuple[str, str, str | None]]:
    """Identities without their ids."""
    return [(one.provider, one.subject, one.email) for one in identities]
