"""Several workers under one supervisor: they share the data, and none outlives a killed parent."""

import time

import httpx
import pytest

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.server import Portal


def silent(portal: Portal, seconds: float = 20) -> bool:
    """Nobody answers on the port any more."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            ask.get(f"{portal.url}/health/alive", timeout=2)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


def test_workers_migrate_once_and_serve_the_same_people(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database, WORKERS="2", cold=True)
    person = portal.a_person()
    for _ in range(10):
        assert person.device.refresh().status_code == 200
        assert person.another_device().signed_in()
    assert portal.stop() == 0
    assert silent(portal)


@pytest.mark.row("OP5")
def test_no_worker_serves_on_when_the_supervisor_was_killed(start_portal: StartPortal) -> None:
    portal = start_portal(wait=False, cold=True, RATE_LIMITS="on")
    portal.kill()
    portal.words = ("serve", "--workers", "2")
    portal.start()
    portal.a_person()
    assert portal.log().count("each worker counts its limits for itself") == 1
    portal.kill()
    assert silent(portal), "a worker was left behind"
    assert portal.start().a_person().device.signed_in()
