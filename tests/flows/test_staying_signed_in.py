"""Refreshing: tabs at different speeds, lost answers, old tokens, and what a thief can do."""

import pytest

from tests.conftest import StartPortal
from tests.rig.server import Portal

GRACE = 30


@pytest.mark.row("RF1")
def test_each_refresh_brings_new_tokens_of_the_same_session(portal: Portal) -> None:
    person = portal.a_person()
    shown = [person.device.refresh_token]
    listed = person.device.sessions()[0]["id"]
    for _ in range(3):
        assert person.device.refresh().status_code == 200
        shown.append(person.device.refresh_token)
    assert len(set(shown)) == 4
    assert [one["id"] for one in person.device.sessions()] == [listed]


@pytest.mark.row("RF2")
def test_tabs_at_different_speeds_end_with_the_same_living_token(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    person = portal.a_person()
    first = person.device.refresh_token
    fast = [person.device.refresh().json()["refreshToken"]]
    for _ in range(3):
        portal.move_clock(5)
        fast.append(person.device.refresh(fast[-1]).json()["refreshToken"])
    slow = person.device.refresh(first)
    middle = person.device.refresh(fast[1])
    assert slow.status_code == middle.status_code == 200
    assert slow.json()["refreshToken"] == middle.json()["refreshToken"] == fast[-1]
    assert person.device.refresh(fast[-1]).status_code == 200
    assert person.device.signed_in()


@pytest.mark.row("RF4")
def test_a_lost_answer_is_asked_for_again(portal: Portal) -> None:
    person = portal.a_person()
    shown = person.device.refresh_token
    lost = person.device.refresh(shown).json()["refreshToken"]
    again = person.device.refresh(shown)
    assert again.status_code == 200
    assert again.json()["refreshToken"] == lost


@pytest.mark.row("RF5")
def test_an_old_token_after_the_grace_ends_this_session_only(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    person = portal.a_person()
    phone = person.another_device("Phone")
    old = person.device.refresh_token
    person.device.refresh()
    living = person.device.refresh_token
    portal.move_clock(GRACE + 1)
    assert person.device.client.post("/auth/refresh", headers={"refresh": old}).status_code == 401
    assert person.device.refresh(living).status_code == 401
    assert person.device.me().status_code == 401
    assert phone.signed_in()
    assert portal.letters.wait(person.email, count=2)
    kinds = [event["kind"] for event in phone.get("/auth/events").json()["events"]]
    assert "refresh_reused" in kinds


@pytest.mark.row("RF8")
def test_when_a_thief_was_first_both_are_found_out(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    person = portal.a_person()
    stolen = person.device.refresh_token
    thief = portal.device("thief")
    assert thief.refresh(stolen).status_code == 200
    portal.move_clock(GRACE + 1)
    assert person.device.refresh(stolen).status_code == 401
    assert thief.refresh().status_code == 401


def test_without_grace_a_second_use_ends_the_session(start_portal: StartPortal) -> None:
    portal = start_portal(REFRESH_GRACE="0s")
    person = portal.a_person()
    old = person.device.refresh_token
    assert person.device.refresh().status_code == 200
    assert person.device.refresh(old).status_code == 401
    assert person.device.signed_out()


@pytest.mark.row("RF13")
def test_a_session_ends_when_it_lies_idle_too_long(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database, AUTH_REFRESH_TOKEN_EXPIRES_IN="2d")
    person = portal.a_person()
    portal.move_clock(2 * 24 * 60 * 60 + 1)
    assert person.device.refresh().status_code == 401
    assert person.another_device().signed_in()
