"""How much is tried: CI's figures, or with STORM_SCALE=1 those that SECURITY.md names."""

import os


def storming() -> bool:
    """The figures as written are wanted (`make storm`)."""
    return os.environ.get("STORM_SCALE") == "1"


def scaled(in_ci: int, as_written: int) -> int:
    """The one that this run is to use."""
    return as_written if storming() else in_ci
