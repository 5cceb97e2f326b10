"""The statements that servers read are what the modules declare, compiled for their database."""

import pytest

from auth_portal.storage.sql.compiling import DIALECTS, compiled, written
from auth_portal.storage.sql.statements import file_of, statements_for


@pytest.mark.parametrize("engine", DIALECTS)
def test_the_kept_statements_are_the_declared_ones(engine: str) -> None:
    """When this fails: `make statements`."""
    assert file_of(engine).read_bytes() == written(engine)


@pytest.mark.parametrize("engine", DIALECTS)
def test_nothing_is_lost_on_the_way_through_the_file(engine: str) -> None:
    assert statements_for(engine) == compiled(engine)
