"""CONTRACT.md section 2: the refresh cookie's name and attributes."""

from http.cookies import SimpleCookie

import httpx

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.person import PASSWORD
from tests.rig.server import Portal

DAY = 24 * 60 * 60


def refresh_cookie(answer: httpx.Response) -> SimpleCookie:
    """The refresh cookie of an answer, alone."""
    for header in answer.headers.get_list("set-cookie"):
        if "refreshToken" in header:
            return SimpleCookie(header)
    raise AssertionError(answer.headers)


def test_on_http_it_is_refresh_token_http_only_strict(portal: Portal) -> None:
    person = portal.a_person()
    answer = portal.device().login(person.email, person.password)
    cookie = refresh_cookie(answer)["refreshToken"]
    assert cookie["httponly"]
    assert not cookie["secure"]
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert int(cookie["max-age"]) == 30 * DAY


def test_on_https_it_has_the_host_prefix_and_is_secure(start_portal: StartPortal) -> None:
    portal = start_portal(BACKEND_DOMAIN="https://id.example.com", AUTH_REFRESH_TOKEN_EXPIRES_IN="3650d")
    body = {"firstName": "A", "lastName": "B", "email": "a@example.com", "password": PASSWORD}
    answer = ask.post(f"{portal.api}/auth/register", json=body)
    assert answer.status_code == 201
    cookie = refresh_cookie(answer)["__Host-refreshToken"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert not cookie["domain"]
    assert int(cookie["max-age"]) == 400 * DAY, "browsers keep no cookie longer than 400 days"


def test_it_carries_the_refresh_alone(portal: Portal) -> None:
    person = portal.a_person()
    answer = ask.post(f"{portal.api}/auth/refresh", cookies={"refreshToken": person.device.refresh_token})
    assert answer.status_code == 200


def test_it_is_cleared_with_the_same_attributes(portal: Portal) -> None:
    person = portal.a_person()
    cookie = refresh_cookie(person.device.logout())["refreshToken"]
    assert cookie.value == ""
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
