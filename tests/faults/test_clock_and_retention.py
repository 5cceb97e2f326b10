"""The clock jumps, and time passes: nobody is signed out by that, what has served its time goes."""

import re

import pytest

from tests.conftest import StartPortal
from tests.rig.person import Device
from tests.rig.server import Portal

HOUR, DAY = 3600, 86_400

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


def swept(portal: Portal) -> dict[str, int]:
    """What the command removed, by room."""
    return {room: int(count) for room, count in re.findall(r"(?m)^(\w+) +(\d+)$", portal.run("sweep"))}


def lives(device: Device) -> bool:
    """As a front end would find out: rotate, then go on."""
    return device.refresh().status_code == 200 and device.signed_in()


@pytest.mark.row("RF13")
def test_a_clock_that_jumps_signs_nobody_out(start_portal: StartPortal) -> None:
    portal = start_portal()
    person, other = portal.a_person(), portal.a_person()
    portal.move_clock(HOUR)
    assert lives(person.device)
    portal.move_clock(-2 * HOUR)
    assert lives(person.device), "a session from the future is no crime"
    assert lives(other.device)
    portal.move_clock(HOUR)
    assert lives(person.device)
    assert lives(other.device)
    assert portal.a_person().another_device().signed_in()


def test_what_has_served_its_time_is_removed_and_the_living_stay(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    stays, leaves = portal.a_person(confirmed=True), portal.a_person()
    gone = stays.another_device()
    assert gone.logout().status_code == 200
    stays.ask_for_reset()
    portal.letters.wait(leaves.email)
    assert leaves.device.send("DELETE", "/auth/me", {"currentPassword": leaves.password}).status_code == 204
    for _ in range(5):  # a living session is used, so it lives on
        portal.move_clock(20 * DAY)
        assert stays.device.refresh().status_code == 200
    first = swept(portal)
    assert first["sessions"] >= 1, first
    assert first["tickets"] >= 1, first
    assert first["letters"] >= 1, first
    assert first["accounts"] == 1, first
    assert first["events"] == 0, "the journal is kept for a year"
    assert stays.device.signed_in()
    assert stays.another_device().signed_in()
    portal.move_clock(300 * DAY)
    assert swept(portal)["events"] >= 1
    assert set(swept(portal).values()) == {0}, "a second sweep finds nothing"
    assert portal.device().login(stays.email, stays.password).status_code == 200, "the account stays"
