"""What has ended stays ended, at once and everywhere (TK11, SE5, SE6, SE9, RF9)."""

from collections.abc import Callable

import pytest

from tests.conftest import StartPortal
from tests.rig.answers import seen, the_401
from tests.rig.forge import Forger
from tests.rig.person import Person
from tests.rig.server import Portal

FRESH = "another quiet harbour 43"


def disable(person: Person) -> None:
    """An operator shuts the account."""
    person.portal.run("user", "disable", person.email)


def delete(person: Person) -> None:
    """The owner deletes the account."""
    answer = person.device.send("DELETE", "/auth/me", {"currentPassword": person.password})
    assert answer.status_code == 204, answer.text


def reset(person: Person) -> None:
    """A new password by mail."""
    assert person.reset(FRESH).status_code == 200


def everywhere(person: Person) -> None:
    """Sign out on every device."""
    assert person.device.post("/auth/logout/all").status_code == 200


@pytest.mark.row("TK11")
@pytest.mark.row("SE9")
@pytest.mark.parametrize("end", [disable, delete, reset, everywhere])
def test_every_token_of_every_device_is_dead_at_once(portal: Portal, end: Callable[[Person], None]) -> None:
    person, neighbour = portal.a_person(confirmed=True), portal.a_person()
    phone = person.another_device("phone")
    tokens = [(device.token, device.refresh_token) for device in person.devices]
    end(person)
    stranger = portal.device()
    for access, refresh in tokens:
        the_401(stranger.get("/auth/me", headers={"Authorization": f"Bearer {access}"}))
        the_401(stranger.refresh(refresh))
        the_401(stranger.post("/auth/info-session", {"refreshToken": refresh}))
        the_401(
            stranger.send(
                "PATCH", "/auth/me", {"firstName": "X"}, headers={"Authorization": f"Bearer {access}"}
            )
        )
    assert phone.signed_out()
    assert neighbour.device.signed_in()
    if end in (disable, delete):
        assert stranger.login(person.email, person.password).json()["code"] == "invalid_credentials"


@pytest.mark.row("SE9")
def test_enabling_again_brings_no_session_back(alone: Portal) -> None:
    person = alone.a_person()
    disable(person)
    alone.run("user", "enable", person.email)
    assert person.device.signed_out()
    assert person.another_device().signed_in()


@pytest.mark.row("TK11")
@pytest.mark.row("RF9")
def test_after_signing_out_neither_token_opens_anything(portal: Portal) -> None:
    person = portal.a_person()
    phone, device = person.another_device("phone"), person.device
    assert device.logout().status_code == 200
    the_401(device.me())
    the_401(device.refresh())
    the_401(device.info())
    assert device.signed_out()
    assert phone.signed_in()


@pytest.mark.row("TK11")
def test_the_access_token_dies_with_a_stolen_family(start_portal: StartPortal) -> None:
    person = start_portal(REFRESH_GRACE="0s").a_person()
    thief, phone = person.another_device("thief"), person.another_device("phone")
    stolen = thief.refresh_token
    assert thief.refresh().status_code == 200
    assert thief.me().status_code == 200
    the_401(person.portal.device().refresh(stolen))
    the_401(thief.me())
    assert thief.signed_out()
    assert phone.signed_in()


@pytest.mark.row("SE5")
def test_in_a_shared_browser_the_second_person_is_the_second_person(portal: Portal) -> None:
    """CVE-2025-12390: A's cookies are there, lost, or planted; B signs in and is B."""
    first, second = portal.a_person(), portal.a_person()
    for kept in (True, False):
        browser = portal.device("shared browser")
        browser.login(first.email, first.password)
        left = (browser.token, browser.refresh_token)
        if not kept:
            browser.client.cookies.clear()
        assert browser.login(second.email, second.password).status_code == 200
        assert browser.me().json()["email"] == second.email
        browser.token = ""
        by_cookie = browser.keep(browser.client.post("/auth/refresh"))
        assert by_cookie.status_code == 200
        assert browser.me().json()["email"] == second.email
        assert {one["id"] for one in browser.sessions()}.isdisjoint(
            {one["id"] for one in first.device.sessions()}
        )
        for event in browser.get("/auth/events?limit=100").json()["events"]:
            assert first.id not in str(event)
        holder = portal.device()
        holder.token, holder.refresh_token = left
        assert holder.me().json()["email"] == first.email, "B's sign-in harms no session of A's"


@pytest.mark.row("SE6")
def test_signing_out_works_for_every_token_that_we_issued(start_portal: StartPortal) -> None:
    portal = start_portal(AUTH_JWT_TOKEN_EXPIRES_IN="5m")
    by_refresh, by_access, by_expired, by_both = (portal.a_person().device for _ in range(4))
    for _ in range(2):
        answer = portal.device().post("/auth/logout", headers={"refresh": by_refresh.refresh_token})
        assert answer.status_code == 200
        cleared(answer.headers["set-cookie"])
        assert by_access.logout().status_code == 200
    assert by_refresh.signed_out()
    assert by_access.signed_out()
    portal.move_clock(600)
    assert by_expired.logout().status_code == 200
    headers = {"Authorization": f"Bearer {by_both.token}", "refresh": by_both.refresh_token}
    assert portal.device().post("/auth/logout", headers=headers).status_code == 200
    for device in (by_expired, by_both):
        the_401(device.refresh())


@pytest.mark.row("SE6")
def test_signing_out_with_nothing_of_ours_is_the_401_and_clears_the_cookie(alone: Portal) -> None:
    person = alone.a_person()
    forger = Forger.of(alone, person)
    forged = forger.redressed({**forger.key.headers, "alg": "none"})
    broken = person.device.refresh_token[:-4] + "AAAA"
    stranger = alone.device()
    answers = [
        stranger.post("/auth/logout"),
        stranger.post("/auth/logout", headers={"Authorization": f"Bearer {forged}"}),
        stranger.post("/auth/logout", headers={"refresh": broken}),
        stranger.post("/auth/logout", {"refreshToken": "x"}),
    ]
    for answer in answers:
        the_401(answer)
        cleared(answer.headers["set-cookie"])
    assert len({seen(answer) for answer in answers}) == 1
    assert person.device.signed_in()


def cleared(cookie: str) -> None:
    """The refresh cookie is taken away with the attributes that it was set with."""
    name, *attributes = [part.strip().lower() for part in cookie.split(";")]
    assert name in {"refreshtoken=", 'refreshtoken=""'}
    assert {"httponly", "path=/", "samesite=strict", "max-age=0"} <= set(attributes)
