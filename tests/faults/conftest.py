"""What several tests of faults ask for."""

from collections.abc import Iterator

import pytest

from tests.rig.postgres import migrated_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Of a database; None for SQLite in the portal's own folder."""
    if request.param == "sqlite":
        yield None
        return
    with migrated_database() as postgresql:
        yield postgresql
