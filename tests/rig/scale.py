"""How much is tried: CI's figures, or with STORM_SCALE=1 those that SECURITY.md names."""

import os
from collections.abc import Mapping


def storming() -> bool:
    """The figures as written are wanted (`make storm`)."""
    return os.environ.get("STORM_SCALE") == "1"


def scaled(in_ci: int, as_written: int) -> int:
    """The one that this run is to use."""
    return as_written if storming() else in_ci


def spared(settings: Mapping[str, str], usual: int, there: int) -> int:
    """`usual`, but `there` where the stand-in for MongoDB answers: it is many times slower than the real one.

    With STORM_SCALE=1, or a real server in TEST_MONGO_URL, nothing is spared.
    """
    mongodb = settings.get("DATABASE_URL", "").startswith("mongodb")
    return there if mongodb and "TEST_MONGO_URL" not in os.environ and not storming() else usual
