"""A relay that is down for a minute: nobody notices at sign-up, and the letter arrives afterwards."""

import sys
import time

import pytest

from tests.conftest import StartPortal
from tests.rig.letters import link_hash
from tests.rig.scale import scaled
from tests.rig.smtp import Relay

WAIT_SECONDS = 60
OUTAGE = scaled(2, 600)  # seconds
PEOPLE = scaled(3, 200)


def arrives(relay: Relay, address: str) -> bool:
    """The letter is there within a minute of real time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if relay.to(address):
            return True
        time.sleep(0.1)
    return False


def token_of(relay: Relay, address: str) -> str:
    """The token of the link in the newest letter to that address."""
    return link_hash(relay.to(address)[-1])


def mail_settings(relay: Relay) -> dict[str, str]:
    """A server that sends through this relay."""
    return {
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(relay.port),
        "MAIL_DEFAULT_EMAIL": "no-reply@example.com",
    }


@pytest.mark.row("OP1")
def test_a_letter_waits_for_the_relay(database: dict[str, str], start_portal: StartPortal) -> None:
    relay = Relay()
    portal = start_portal(database, **mail_settings(relay))
    person = portal.a_person()
    assert person.device.signed_in(), "sign-up answers as usual"
    portal.move_clock(60)
    with relay.open():
        portal.move_clock(15 * 60)
        assert arrives(relay, person.email), portal.log()[-3000:]
        ids = {str(letter["Message-ID"]) for letter in relay.to(person.email)}
        assert len(ids) == 1
    assert portal.ready()


@pytest.mark.row("OP1")
@pytest.mark.timeout(3600)
def test_no_letter_of_an_outage_in_real_time_is_lost_or_doubled(start_portal: StartPortal) -> None:
    """The courier's own pauses, by the clock on the wall: at most as long as the outage was, and some."""
    relay = Relay()
    portal = start_portal(**mail_settings(relay))
    began = time.monotonic()
    people = []
    for number in range(PEOPLE):
        people.append(portal.a_person())
        time.sleep(max(0.0, began + OUTAGE * (number + 1) / PEOPLE - time.monotonic()))
    with relay.open():
        deadline = time.monotonic() + OUTAGE + WAIT_SECONDS
        while len(relay.taken) < PEOPLE and time.monotonic() < deadline:
            time.sleep(0.2)
        waited = int(time.monotonic() - began - OUTAGE)
        while "waiting" in portal.run("mail", "list") and time.monotonic() < deadline:
            time.sleep(0.2)
        counts = [len(relay.to(person.email)) for person in people]
    said = f"{PEOPLE} letters, relay away for {OUTAGE} s, the last came {waited} s later"
    sys.stdout.write(f"\n{said}; lost {counts.count(0)}, doubled {sum(many > 1 for many in counts)}\n")
    assert counts == [1] * PEOPLE


@pytest.mark.row("OP1")
def test_a_relay_that_says_later_gets_it_later(start_portal: StartPortal) -> None:
    relay = Relay(mood="refuse")
    with relay.open():
        portal = start_portal(**mail_settings(relay))
        person = portal.a_person()
        relay.mood = "take"
        portal.move_clock(15 * 60)
        assert arrives(relay, person.email), portal.log()[-3000:]


@pytest.mark.row("OP1")
def test_a_relay_that_cuts_the_line_after_data_gets_the_same_letter_again(start_portal: StartPortal) -> None:
    """Whether it took the letter nobody can know: twice under one Message-ID is better than never."""
    relay = Relay(mood="drop")
    with relay.open():
        portal = start_portal(**mail_settings(relay))
        person = portal.a_person()
        assert arrives(relay, person.email), portal.log()[-3000:]
        assert "waiting" in portal.run("mail", "list")
        relay.mood = "take"
        portal.move_clock(15 * 60)
        deadline = time.monotonic() + WAIT_SECONDS
        while "sent" not in portal.run("mail", "list") and time.monotonic() < deadline:
            time.sleep(0.2)
        letters = relay.to(person.email)
        assert len(letters) > 1
        assert len({str(letter["Message-ID"]) for letter in letters}) == 1
        assert len({link_hash(letter) for letter in letters}) == 1


@pytest.mark.row("OP1")
def test_an_unknown_recipient_is_dead_at_once_and_visible(start_portal: StartPortal) -> None:
    relay = Relay(mood="unknown")
    with relay.open():
        portal = start_portal(**mail_settings(relay))
        person = portal.a_person()
        deadline = time.monotonic() + WAIT_SECONDS
        while "dead" not in portal.run("mail", "list") and time.monotonic() < deadline:
            time.sleep(0.2)
        listed = portal.run("mail", "list")
        assert "dead" in listed
        assert person.email in listed
        relay.mood = "take"
        dead = next(line.split()[0] for line in listed.splitlines() if person.email in line)
        portal.run("mail", "retry", dead)
        assert arrives(relay, person.email), "written again, with a new link"
        assert portal.device().post("/auth/email/confirm", {"hash": token_of(relay, person.email)}).is_success
