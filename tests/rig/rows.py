"""Looks into a portal's SQLite file, to see what a request has written."""

import sqlite3
import time
from collections import Counter
from contextlib import closing

from tests.rig.server import Portal

Rows = dict[str, list[tuple[object, ...]]]


def contents(portal: Portal) -> Rows:
    """Every row of every table."""
    path = portal.folder / "auth-portal.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def sizes(portal: Portal) -> dict[str, int]:
    """How many rows each table has."""
    return {name: len(rows) for name, rows in contents(portal).items()}


def written(before: Rows, after: Rows) -> dict[str, tuple[int, int]]:
    """By table: how many rows grew, and how many are there now that were not there like this before."""
    changes = {}
    for name, rows in after.items():
        fresh = sum((Counter(rows) - Counter(before[name])).values())
        if fresh or len(rows) != len(before[name]):
            changes[name] = (len(rows) - len(before[name]), fresh)
    return changes


def settled(portal: Portal) -> None:
    """No letter is on its way any more, so that rows change by requests only."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if all("waiting" not in row and "claimed" not in row for row in contents(portal)["letters"]):
            return
        time.sleep(0.05)
    raise AssertionError("letters are still waiting")
