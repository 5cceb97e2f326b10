"""A database of the original, as a file and as a running server."""

from pathlib import Path

import pytest
from bson import json_util

from tests.moving.originals import Hashes, Row


@pytest.fixture(scope="session")
def hashes() -> Hashes:
    """Made once."""
    return Hashes.make()


def write_dump(path: Path, rows: list[Row]) -> Path:
    """As `mongoexport` writes it: one document of relaxed Extended JSON a line."""
    options = json_util.RELAXED_JSON_OPTIONS
    path.write_text("".join(json_util.dumps(row, json_options=options) + "\n" for row in rows))
    return path
