"""OP5: one of several workers is killed: another takes its place, nobody is signed out."""

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest

from tests.conftest import StartPortal
from tests.faults.asking import is_back, until
from tests.rig.own_postgres import OwnPostgres, a_postgresql
from tests.rig.server import Portal

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere

WAITS = "waits for the database"


@pytest.fixture
def postgresql() -> Iterator[OwnPostgres]:
    """One that only the test uses."""
    with a_postgresql() as own:
        yield own


@pytest.mark.row("OP5")
def test_a_killed_worker_is_replaced(start_portal: StartPortal) -> None:
    portal = start_portal(WORKERS="2", cold=True)
    person = portal.a_person()
    assert portal.process is not None
    for worker in serving(portal):
        worker.kill()
    until(portal.ready)
    assert is_back(person.device)
    assert portal.process.poll() is None


@pytest.mark.row("OP5")
def test_a_worker_that_dies_while_the_database_is_away_takes_nobody_along(
    postgresql: OwnPostgres, start_portal: StartPortal
) -> None:
    portal = start_portal(DATABASE_URL=postgresql.url, WORKERS="2", cold=True)
    person = portal.a_person()
    healthy = loses_a_worker(portal, postgresql)
    postgresql.start()
    until(lambda: "the database is back" in portal.log())
    until(portal.ready)
    assert healthy.is_running()
    assert len(serving(portal)) == 2
    assert is_back(person.device)
    assert person.another_device().signed_in()
    assert portal.stop() == 0


@pytest.mark.row("OP5")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_worker_that_waits_for_the_database_ends_with_its_supervisor(
    postgresql: OwnPostgres, start_portal: StartPortal, how: signal.Signals
) -> None:
    portal = start_portal(DATABASE_URL=postgresql.url, WORKERS="2", cold=True)
    healthy = loses_a_worker(portal, postgresql)
    (waiting,) = (worker for worker in serving(portal) if worker.pid != healthy.pid)
    assert portal.process is not None
    portal.process.send_signal(how)
    assert waiting.wait(5) in {None, -signal.SIGTERM}
    assert portal.process.wait(20) == (0 if how is signal.SIGTERM else -how)


@pytest.mark.row("OP5")
def test_no_worker_serves_on_whose_supervisor_was_killed_while_it_began(start_portal: StartPortal) -> None:
    """It never saw its supervisor alive: by then it is a child of the first process of the machine."""
    portal = start_portal(WORKERS="2", cold=True, wait=False)
    until(lambda: len(serving(portal)) == 2)
    workers = serving(portal)
    assert portal.process is not None
    portal.process.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=30)
    for worker in alive:
        worker.kill()
    assert alive == []


@pytest.mark.row("OP5")
def test_a_group_that_ends_because_a_worker_cannot_start_has_failed(start_portal: StartPortal) -> None:
    portal = start_portal(WORKERS="2", cold=True)
    change(portal, "UPDATE pins SET value = x'00'")
    serving(portal)[0].kill()
    assert portal.process is not None
    assert portal.process.wait(60) == 1
    assert "another root secret" in portal.log()


@pytest.mark.row("OP5")
def test_a_killed_worker_is_replaced_after_a_newer_version_has_migrated(start_portal: StartPortal) -> None:
    """In a rolling update the old ones serve on: what is added to the schema is nothing to them."""
    portal = start_portal(WORKERS="2", cold=True)
    person = portal.a_person()
    change(portal, "UPDATE alembic_version SET version_num = 'of the future'")
    (killed, healthy) = serving(portal)
    killed.kill()
    until(lambda: ended(portal) or "of the future" in portal.log())
    until(lambda: ended(portal) or len({*serving(portal)} - {killed}) == 2)
    assert not ended(portal), portal.log()
    assert healthy.is_running()
    assert is_back(person.device)
    assert person.another_device().signed_in()


def change(portal: Portal, statement: str) -> None:
    """In the SQLite file of the portal."""
    with closing(sqlite3.connect(portal.folder / "auth-portal.db")) as file, file:
        file.execute(statement)


def loses_a_worker(portal: Portal, postgresql: OwnPostgres) -> psutil.Process:
    """The database goes away, one worker dies, and another waits in its place; returns the healthy one."""
    first, second = serving(portal)
    until(lambda: speaks_to_a_database(first) and speaks_to_a_database(second))
    postgresql.stop(signal.SIGQUIT)
    first.kill()
    until(lambda: ended(portal) or (WAITS in portal.log() and len({*serving(portal)} - {first}) == 2))
    assert not ended(portal), portal.log()
    return second


def speaks_to_a_database(worker: psutil.Process) -> bool:
    """It has come so far that it holds a connection of its own."""
    return any(one.status == psutil.CONN_ESTABLISHED for one in worker.net_connections("tcp"))


def ended(portal: Portal) -> bool:
    """The supervisor is gone."""
    return portal.process is not None and portal.process.poll() is not None


def serving(portal: Portal) -> list[psutil.Process]:
    """The workers: living children that are no helper of the interpreter."""
    assert portal.process is not None
    return [child for child in psutil.Process(portal.process.pid).children() if is_worker(child)]


def is_worker(child: psutil.Process) -> bool:
    """It lives, and was started to serve."""
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        return False
