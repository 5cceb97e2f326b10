"""Seeing one's devices, naming them, ending one, the others, all."""

import pytest

from tests.conftest import StartPortal
from tests.rig.server import Portal

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FRESH = "another quiet harbour 43"
SHOWN = {"id", "name", "current", "method", "ip", "userAgent", "createdAt", "lastSeenAt"}


@pytest.mark.row("SE1")
def test_the_list_shows_every_device_and_no_token(portal: Portal) -> None:
    person = portal.a_person()
    firefox = person.another_device(FIREFOX)
    person.another_device("Phone")
    listed = firefox.sessions()
    assert len(listed) == 3
    assert all(set(one) == SHOWN for one in listed)
    assert [one["name"] for one in listed if one["current"]] == ["Firefox on Linux"]
    text = firefox.get("/auth/sessions").text
    assert all(device.refresh_token not in text and device.token not in text for device in person.devices)


def test_a_device_can_be_given_a_name(portal: Portal) -> None:
    person = portal.a_person()
    session = person.device.sessions()[0]["id"]
    assert person.device.send("PATCH", f"/auth/sessions/{session}", {"name": "Kitchen"}).status_code == 200
    assert person.device.sessions()[0]["name"] == "Kitchen"


@pytest.mark.row("SE2")
def test_ending_one_ends_exactly_that_one_at_once(portal: Portal) -> None:
    person = portal.a_person()
    phone, tablet = person.another_device("Phone"), person.another_device("Tablet")
    gone = next(one["id"] for one in phone.sessions() if one["current"])
    assert person.device.send("DELETE", f"/auth/sessions/{gone}").status_code == 204
    assert phone.signed_out()
    assert person.device.signed_in()
    assert tablet.signed_in()
    assert person.device.send("DELETE", f"/auth/sessions/{gone}").status_code == 404


@pytest.mark.row("SE2")
def test_ending_the_others_keeps_this_one(portal: Portal) -> None:
    person = portal.a_person()
    others = [person.another_device("Phone"), person.another_device("Tablet")]
    answer = person.device.send("DELETE", "/auth/sessions")
    assert answer.json() == {"ended": 2}
    assert all(device.signed_out() for device in others)
    assert person.device.signed_in()


@pytest.mark.row("SE2")
def test_signing_out_everywhere_ends_all(portal: Portal) -> None:
    person = portal.a_person()
    person.another_device("Phone")
    assert person.device.post("/auth/logout/all").status_code == 200
    assert all(device.signed_out() for device in person.devices)
    assert person.another_device().signed_in()


def test_nobody_ends_or_names_a_stranger_s_session(portal: Portal) -> None:
    one, other = portal.a_person(), portal.a_person()
    session = other.device.sessions()[0]["id"]
    assert one.device.send("DELETE", f"/auth/sessions/{session}").status_code == 404
    assert one.device.send("PATCH", f"/auth/sessions/{session}", {"name": "x"}).status_code == 404
    assert other.device.signed_in()


@pytest.mark.row("SE8")
def test_over_the_cap_the_oldest_goes(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database, SESSION_CAP="3")
    person = portal.a_person()
    devices = [person.device]
    for number in range(4):
        portal.move_clock(1)
        devices.append(person.another_device(f"device {number}"))
    assert [device.signed_in() for device in devices] == [False, False, True, True, True]
    assert len(devices[-1].sessions()) == 3


def test_a_new_device_is_told_and_this_was_not_me_ends_it(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    person = portal.a_person(network="192.0.2.1")
    stranger = person.another_device("stranger", network="198.51.100.9")
    letter = next(
        one for one in [portal.letters.wait(person.email, count=2)] if "/auth/not-me?hash=" in one.as_string()
    )
    token = portal.letters.hash(person.email, str(letter["Subject"]))
    answer = portal.device().post("/auth/not-me", {"hash": token})
    assert answer.status_code == 200
    assert stranger.signed_out()


def test_a_known_network_is_not_told_again(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database)
    person = portal.a_person(network="192.0.2.1")
    person.another_device("Phone", network="192.0.2.1")
    person.ask_for_reset()  # whatever came before this letter is in the folder by now
    subjects = [str(letter["Subject"]) for letter in portal.letters.all(person.email)]
    assert sorted(subjects) == ["Confirm email", "Reset password"]


def test_this_was_not_me_takes_a_pending_change_of_address_along(portal: Portal) -> None:
    """Else the thief confirms his own address before the owner has set a new password."""
    person = portal.a_person(confirmed=True)
    lair = f"lair-{person.email}"
    thief = person.another_device("Thief's browser", network="203.0.113.66")
    body = {"email": lair, "currentPassword": person.password}
    assert thief.send("PUT", "/auth/me/email", body).status_code == 202
    not_me = portal.letters.hash(person.email, "New sign-in to your account")
    assert portal.device().post("/auth/not-me", {"hash": not_me}).status_code == 200
    kept = portal.letters.hash(lair)
    assert portal.device().post("/auth/email/confirm", {"hash": kept}).status_code == 400
    assert person.reset(FRESH, portal.letters.hash(person.email, "Reset password")).status_code == 200
    assert portal.device().login(person.email, FRESH).status_code == 200
