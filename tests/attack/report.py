"""Gathers which rows of the attack table passed, failed or are open, prints them and writes them down."""

import json
from pathlib import Path

import pytest

from tests.attack.rows import OPEN, ROWS

FILE = Path("build/attack-rows.json")
WHOLE = 100  # rows seen in a run that is worth writing down


class Rows:
    """One verdict per row: a row passed when every test that names it passed."""

    def __init__(self) -> None:
        self.verdicts: dict[str, str] = {}

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Carry the rows' ids to the controller with the test's report."""
        for marker in item.iter_markers("row"):
            for row in marker.args:
                assert row in ROWS, f"{row} is no row of the table"
                item.user_properties.append(("row", row))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A failure anywhere outweighs; a skip shows nothing."""
        for name, row in report.user_properties:
            if name != "row":
                continue
            if report.failed:
                self.verdicts[str(row)] = "failed"
            elif report.when == "call" and report.passed:
                self.verdicts.setdefault(str(row), "passed")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print and, after a whole run, write the table."""
        if not self.verdicts:
            return
        said = table(self.verdicts)
        terminalreporter.section("attack table")
        whole = len(self.verdicts) >= WHOLE
        for line in summary(said):
            if whole or "rows not run" not in line:
                terminalreporter.line(line)
        if whole:
            FILE.parent.mkdir(exist_ok=True)
            FILE.write_text(json.dumps(said, indent=1) + "\n")


def table(verdicts: dict[str, str]) -> dict[str, str]:
    """What is said of each row; one that failed is never hidden behind its reason for being open."""
    return {row: verdicts.get(row) or (f"open: {OPEN[row]}" if row in OPEN else "not run") for row in ROWS}


def summary(said: dict[str, str]) -> list[str]:
    """Every row by its id: how many passed, failed and did not run, and why the others are open."""
    lines = []
    for verdict in ("passed", "failed", "not run"):
        rows = [row for row, what in said.items() if what == verdict]
        lines.append(f"{len(rows)} of {len(said)} rows {verdict}: {' '.join(rows) or '-'}")
    opened = [f"OPEN {row} ({ROWS[row]}), {what}" for row, what in said.items() if what.startswith("open")]
    return lines + (opened or ["no row is open"])


def pytest_configure(config: pytest.Config) -> None:
    """One gatherer per run."""
    config.pluginmanager.register(Rows(), "attack-rows")
