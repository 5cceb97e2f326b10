"""What every test may ask for: the run's folder, databases, servers, and skips that are loud."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import run
from tests.rig.postgres import empty_database


def pytest_configure(config: pytest.Config) -> None:
    """The controller makes the folder; workers inherit it."""
    del config
    run.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The owner cleans up; a PostgreSQL that was started goes by itself when its owner is gone."""
    del config
    if run.owner() == os.getpid():
        shutil.rmtree(run.begin(), ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in capitals what did not run: a skip must not look like a pass."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("NOT EVERYTHING RAN", sep="!", red=True, bold=True)
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.line(f"SKIPPED {report.nodeid}: {reason.removeprefix('Skipped: ').upper()}", red=True)


@pytest.fixture
def empty_postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with empty_database() as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the test's own."""
    return tmp_path
