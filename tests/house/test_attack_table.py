"""Every row of the attack table has a test that names it, or is listed as open with a reason."""

import re

from tests.attack.report import summary, table
from tests.attack.rows import OPEN, ROWS
from tests.house.sources import ROOT

NAMED = re.compile(r"\brow\(((?:\s*\"[A-Z]+\d+\",?)+)\s*\)")


def rows_with_a_test() -> set[str]:
    """The ids that any test is marked with."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        for group in NAMED.findall(path.read_text()):
            found |= set(re.findall(r"[A-Z]+\d+", group))
    return found


def test_every_row_is_shown_or_open() -> None:
    missing = set(ROWS) - rows_with_a_test() - set(OPEN)
    assert not missing, f"neither shown by a test nor listed as open: {sorted(missing)}"


def test_no_row_is_open_that_has_a_test() -> None:
    assert not set(OPEN) & rows_with_a_test()


def test_the_report_names_every_row() -> None:
    said = table({"PW1": "passed", "PW2": "failed"})
    assert set(said) == set(ROWS)
    assert (said["PW1"], said["PW2"], said["PW3"]) == ("passed", "failed", "not run")
    named = " ".join(summary(said)).replace(":", " ").split()
    assert set(ROWS) <= set(named)
