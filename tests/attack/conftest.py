"""A server on SQLite for all rows in which the database does not matter."""

from collections.abc import Iterator

import pytest

from tests.rig.server import Portal


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A running server that tests share, on SQLite: leave its clock and settings alone."""
    portal = Portal(tmp_path_factory.mktemp("alone")).start()
    yield portal
    portal.stop()
