"""OP2: PostgreSQL is stopped, killed or hangs: 503 and never 401, and all is well when it is back."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import StartPortal
from tests.faults.asking import everything, is_back, not_now, refused_now, until
from tests.rig import ask
from tests.rig.own_postgres import OwnPostgres, a_postgresql
from tests.rig.server import Portal

AWAY_SECONDS = 60 if os.environ.get("STORM_SCALE") == "1" else 1

pytestmark = [pytest.mark.row("OP2"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgres]:
    """One that only these tests use."""
    with a_postgresql() as own:
        yield own


def goes_away(portal: Portal, leave: Callable[[], None], come_back: Callable[[], object]) -> None:
    """Two people, the database leaves, everything is asked, it comes back, everything works."""
    person, bystander = portal.a_person(), portal.a_person()
    assert portal.process is not None
    pid = portal.process.pid
    asked = everything(portal, person)
    leave()
    began = time.monotonic()
    refused_now(asked)
    assert not portal.ready()
    assert ask.get(f"{portal.url}/health/alive", timeout=30).status_code == 200
    time.sleep(max(0.0, AWAY_SECONDS - (time.monotonic() - began)))
    come_back()
    took = until(portal.ready)
    sys.stdout.write(f"\nready {took:.2f} s after the database was back\n")
    assert is_back(bystander.device), "nobody was signed out"
    assert is_back(person.device), "a logout that was answered 503 did not count"
    assert person.another_device().signed_in()
    assert portal.a_person().device.signed_in()
    assert portal.process.poll() is None
    assert portal.process.pid == pid, "no restart was needed"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "killed"])
def test_a_database_that_is_gone_is_a_503_and_nobody_is_signed_out(
    postgresql: OwnPostgres, start_portal: StartPortal, how: signal.Signals
) -> None:
    portal = start_portal(DATABASE_URL=postgresql.url)
    try:
        goes_away(portal, lambda: postgresql.stop(how), postgresql.start)
    finally:
        postgresql.start()


def test_sign_ins_that_met_no_database_are_no_failures(
    postgresql: OwnPostgres, start_portal: StartPortal
) -> None:
    """Nobody guessed anything: after the outage nobody is locked out, however often they tried."""
    portal = start_portal(DATABASE_URL=postgresql.url, RATE_LIMITS="on")
    person = portal.a_person()
    try:
        postgresql.stop(signal.SIGINT)
        for _ in range(6):
            assert not_now(portal.device().login(person.email, person.password))
    finally:
        postgresql.start()
    until(portal.ready)
    assert person.another_device().signed_in()
    portal.move_clock(31)
    assert person.another_device().signed_in(), "nor once the tries have become stale"


def test_a_database_that_hangs_is_a_503_as_well(postgresql: OwnPostgres, start_portal: StartPortal) -> None:
    portal = start_portal(DATABASE_URL=postgresql.url)
    try:
        goes_away(portal, postgresql.hang, postgresql.go_on)
    finally:
        postgresql.go_on()
