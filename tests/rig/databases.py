"""The databases on which everything has to work, each as the settings that choose it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.rig import mongo
from tests.rig.postgres import migrated_database


@contextmanager
def sqlite() -> Iterator[dict[str, str]]:
    """The default: nothing to set, the file lies in the portal's own folder."""
    yield {}


@contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """A database of its own in the run's cluster."""
    with migrated_database() as url:
        yield {"DATABASE_URL": url}


@contextmanager
def mongodb() -> Iterator[dict[str, str]]:
    """A database of its own on the run's server; where there is none, a skip in capitals."""
    if (why := mongo.why_untested()) is not None:
        pytest.skip(why)
    with mongo.empty_database() as url:
        yield {"DATABASE_URL": url}


ENGINES: dict[str, Callable[[], AbstractContextManager[dict[str, str]]]] = {
    "sqlite": sqlite,
    "postgresql": postgresql,
    "mongodb": mongodb,
}
