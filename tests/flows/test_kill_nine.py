"""kill -9 in the middle of mixed writes: whatever was acknowledged is there afterwards."""

import os
import sys
import threading
from dataclasses import dataclass, field

import httpx
import pytest

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.person import PASSWORD, Device, Person
from tests.rig.scale import spared
from tests.rig.server import Portal

CYCLES, SPARED = 6, 3
WRITERS = 4


@dataclass
class Acknowledged:
    """What the server said was done, by all writers of one cycle."""

    people: list[Person] = field(default_factory=list)
    signed_out: list[Device] = field(default_factory=list)
    enough: threading.Event = field(default_factory=threading.Event)


def write(portal: Portal, done: Acknowledged, prefix: str) -> None:
    """Sign up, rotate, sign out, until the server is gone; notes only what was answered."""
    number = 0
    try:
        while True:
            number += 1
            person = portal.a_person(email=f"{prefix}-{number}@example.com")
            done.people.append(person)
            rotate(person.device)
            leaver = person.another_device("leaver")
            if leaver.logout().status_code == httpx.codes.OK:
                done.signed_out.append(leaver)
            if number >= 2:
                done.enough.set()
    except (httpx.TransportError, AssertionError):
        return


def rotate(device: Device) -> None:
    """One rotation; the new token counts once it was answered, the old one stands in for a lost answer."""
    answer = device.refresh()
    assert answer.status_code == httpx.codes.OK, answer.text


def cycle(portal: Portal, number: int) -> tuple[int, int]:
    """One round of writing, killing, starting, looking; returns how much was looked at."""
    done = Acknowledged()
    writers = [
        threading.Thread(target=write, args=(portal, done, f"c{number}-w{index}")) for index in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    done.enough.wait(60)
    portal.kill()
    for writer in writers:
        writer.join(60)
    with pytest.raises(httpx.TransportError):
        ask.get(f"{portal.url}/health/alive", timeout=1)
    portal.start()
    check(portal, done)
    return len(done.people), len(done.signed_out)


def check(portal: Portal, done: Acknowledged) -> None:
    """Every acknowledged person and rotation is there, every acknowledged sign-out holds."""
    for person in done.people:
        assert person.device.refresh().status_code == httpx.codes.OK, f"{person.email} was signed out"
    for person in done.people[-2:]:
        answer = portal.device().login(person.email, PASSWORD)
        assert answer.status_code == httpx.codes.OK, f"{person.email}: {answer.text}"
    for device in done.signed_out:
        assert device.signed_out(), "a session came back"


@pytest.mark.row("OP5")
@pytest.mark.timeout(7200)
def test_nothing_acknowledged_is_lost(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database, REFRESH_GRACE="60s")  # a start on a busy machine may take half of it
    people = leavers = 0
    cycles = int(os.environ.get("CRASH_CYCLES", "0")) or spared(database, CYCLES, SPARED)
    for number in range(cycles):
        signed_up, left = cycle(portal, number)
        people, leavers = people + signed_up, leavers + left
    sys.stdout.write(f"\n{cycles} cycles: {people} people and {leavers} sign-outs acknowledged, none lost\n")
    assert people >= cycles
    if "DATABASE_URL" not in database:
        assert "ok" in portal.run("doctor").lower()
