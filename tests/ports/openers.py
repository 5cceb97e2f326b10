"""How each database is made for one test, and opened as often as the test likes."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from auth_portal.storage.mongo.open import open_mongo
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.open import open_sql
from auth_portal.storage.stores import Stores
from tests.rig import mongo
from tests.rig.postgres import migrated_database

Open = Callable[[], Awaitable[Stores]]
"""Opens the test's database once more, as another instance would."""

Opener = Callable[[Path], AbstractContextManager[Open]]
"""Makes an empty database (a folder is given for files) and yields how to open it."""


class Quiet:
    """A log that nobody reads."""

    def info(self, event: str, **facts: object) -> None:
        del event, facts

    def warning(self, event: str, **facts: object) -> None:
        del event, facts

    def error(self, event: str, **facts: object) -> None:
        del event, facts


@contextmanager
def sqlite(folder: Path) -> Iterator[Open]:
    """A file in the folder."""
    yield lambda: open_sql(StorageRules(f"sqlite:///{folder / 'portal.db'}"), Quiet())


@contextmanager
def postgresql(_folder: Path) -> Iterator[Open]:
    """A migrated database with nothing in it."""
    with migrated_database() as url:
        yield lambda: open_sql(StorageRules(url), Quiet())


@contextmanager
def mongodb(_folder: Path) -> Iterator[Open]:
    """An empty database on the run's server; where there is none, a skip in capitals."""
    if (why := mongo.why_untested()) is not None:
        pytest.skip(why)
    with mongo.empty_database() as url:
        yield lambda: open_mongo(StorageRules(url), Quiet())


OPENERS: dict[str, Opener] = {"sqlite": sqlite, "postgresql": postgresql, "mongodb": mongodb}
