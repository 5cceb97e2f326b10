"""The mark of a held place: it carries its window, so that a failure counts wherever it is told."""

import os
from datetime import timedelta

STALE = timedelta(seconds=30)
"""A place held longer than this without a decision counts as failed."""


def new_mark(window: timedelta) -> str:
    """A fresh mark; 64 random bits only keep the marks of one window apart."""
    return f"{window // timedelta(milliseconds=1)}.{os.urandom(8).hex()}"


def window_of(mark: str) -> timedelta:
    """The window for which the place was held."""
    return timedelta(milliseconds=int(mark.partition(".")[0]))
