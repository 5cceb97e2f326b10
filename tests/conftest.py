"""What every test may ask for: the run's folder, databases, servers, and skips that are loud."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.rig import run
from tests.rig.databases import ENGINES
from tests.rig.postgres import empty_database
from tests.rig.server import Portal
from tests.rig.social_fixtures import own, plain, shared_plain, shared_social, social, stage

__all__ = [
    "own",
    "plain",
    "shared_plain",
    "shared_social",
    "social",
    "stage",
]  # fixtures of tests/rig/social_fixtures.py

pytest_plugins = ["tests.attack.report"]

StartPortal = Callable[..., Portal]
LONGEST = (
    "test_kill_nine",
    "test_refresh_races",
    "test_original_at_scale",
    "test_moving_in",
    "test_command_line",
)


def pytest_configure(config: pytest.Config) -> None:
    """The controller makes the folder; workers inherit it."""
    del config
    run.begin()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker has to wait for another at the end."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The owner cleans up; where a PostgreSQL was started its keeper does, when the owner is gone."""
    del config
    folder = run.begin()
    if run.owner() == os.getpid() and not (folder / "postgresql.url").exists():
        shutil.rmtree(folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in capitals what did not run: a skip must not look like a pass."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("NOT EVERYTHING RAN", sep="!", red=True, bold=True)
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.line(
            f"SKIPPED {report.nodeid}: {reason.removeprefix('Skipped: ').upper()}", red=True
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where CI is set everything must run: there a skip fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")  # xdist's workers have none
    skipped = reporter is not None and reporter.stats.get("skipped")
    if skipped and os.environ.get("CI") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def empty_postgresql() -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with empty_database() as url:
        yield url


@pytest.fixture(scope="session", params=sorted(ENGINES, reverse=True))
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A running server that tests share, on each database in turn: leave its clock and settings alone."""
    engine = str(request.param)
    with ENGINES[engine]() as settings:
        shared = Portal(tmp_path_factory.mktemp(f"portal-{engine}"), settings, cold=True).start()
        yield shared
        shared.stop()


@pytest.fixture(params=sorted(ENGINES, reverse=True))
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The settings that choose a fresh database, each kind in turn; hand them to `start_portal`."""
    with ENGINES[str(request.param)]() as settings:
        yield settings


@pytest.fixture
def start_portal(tmp_path: Path) -> Iterator[StartPortal]:
    """Starts servers of the test's own: `start_portal(REFRESH_GRACE="5s")`; SQLite unless told otherwise.

    `start_portal(database, NAME="value")` takes the database from the fixture of that name; a `cold`
    one begins as a fresh interpreter.
    """
    with ExitStack() as stack:

        def start(
            chosen: dict[str, str] | None = None,
            /,
            *,
            wait: bool = True,
            cold: bool = False,
            **settings: str,
        ) -> Portal:
            folder = tmp_path / f"portal-{len(list(tmp_path.iterdir()))}"
            mine = Portal(folder, {**(chosen or {}), **settings}, cold=cold)
            stack.callback(mine.kill)
            return mine.start(wait=wait)

        yield start


@pytest.fixture
def start_pair(start_portal: StartPortal) -> Iterator[Callable[..., tuple[Portal, Portal]]]:
    """Two server processes on one database: `start_pair(database)`."""
    with ExitStack() as stack:

        def start(chosen: dict[str, str], **settings: str) -> tuple[Portal, Portal]:
            one = start_portal(chosen, **settings)
            other = one.sibling()
            stack.callback(other.kill)
            return one, other.start()

        yield start
