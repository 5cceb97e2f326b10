"""Pages of other sites (CK rows): origins, made-up requests, methods."""

from collections.abc import Iterator

import httpx
import pytest

from tests.rig import ask
from tests.rig.person import Person
from tests.rig.server import Portal

FRONT = "https://app.example.com"
EVIL = [
    "https://evil.example",
    "null",
    f"{FRONT}.evil.example",
    "https://evilapp.example.com",
    "http://app.example.com",
]
EVIL += [
    "https://app.example.com:8443",
    "HTTPS://APP.EXAMPLE.COM",
    f"{FRONT}/",
    "http://localhost:3000",
    "",
    "*",
]
EVIL += [f"{FRONT}, https://evil.example", "https://app-example.com", "file://", "https://appXexample.com"]
POSTS = ["/auth/login", "/auth/register", "/auth/refresh", "/auth/logout", "/auth/info-session"]
POSTS += ["/auth/forgot/password", "/auth/reset/password", "/auth/email/confirm", "/auth/not-me"]
KINDS = [
    "application/x-www-form-urlencoded",
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
    "text/json",
]
KINDS += [
    "application/json+x",
    "application/problem+json",
    "application/jsonx",
    "text/plain; application/json",
]


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A server whose front end lives on another site."""
    portal = Portal(tmp_path_factory.mktemp("fronted"), {"FRONTEND_DOMAIN": FRONT}).start()
    yield portal
    portal.stop()


def send(portal: Portal, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
    """A request with these headers and no cookie but what they say."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    json = {} if body is None else {"json": body}
    return ask.request(method, f"{portal.api}{path}", headers=named, timeout=60, verify=False, **json)


def wrong_login(person: Person) -> dict[str, str]:
    """The right words of a person, which a forged page would use to sign its victim in as somebody else."""
    return {"email": person.email, "password": person.password}


@pytest.mark.row("CK2")
@pytest.mark.parametrize("origin", EVIL)
def test_a_foreign_origin_may_read_nothing(fronted: Portal, origin: str) -> None:
    for path, method in (
        ("/auth/config", "GET"),
        ("/auth/login", "OPTIONS"),
        ("/auth/me", "GET"),
        ("/x", "GET"),
    ):
        answer = send(fronted, method, path, Origin=origin, Access_Control_Request_Method="POST")
        assert not [name for name in answer.headers if name.startswith("access-control")], answer.headers
        assert "origin" in answer.headers["vary"].lower()


@pytest.mark.row("CK2")
def test_the_front_end_is_named_letter_by_letter(fronted: Portal) -> None:
    answer = send(fronted, "GET", "/auth/config", Origin=FRONT)
    assert answer.headers["access-control-allow-origin"] == FRONT
    assert "*" not in answer.headers["access-control-allow-origin"]
    assert answer.headers["vary"].lower() == "origin"


@pytest.mark.row("CK3")
@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", f"{FRONT}.evil.example"])
def test_a_page_of_another_site_changes_nothing(fronted: Portal, origin: str | None) -> None:
    person = fronted.a_person()
    cookie = f"refreshToken={person.device.refresh_token}"
    headers = {"Sec_Fetch_Site": "cross-site", "Cookie": cookie} | ({"Origin": origin} if origin else {})
    for path in POSTS:
        answer = send(fronted, "POST", path, wrong_login(person), **headers)
        assert answer.status_code == 403, f"{path}: {answer.text}"
        assert answer.json()["code"] == "cross_site"
        assert "set-cookie" not in answer.headers, "also no sign-in as somebody else"
    assert len(person.device.sessions()) == 1
    assert person.device.signed_in()


@pytest.mark.row("CK3")
@pytest.mark.parametrize("site", ["same-origin", "same-site", "none", None])
def test_the_cookie_is_no_credential_of_a_foreign_origin(fronted: Portal, site: str | None) -> None:
    person = fronted.a_person()
    headers = {"Cookie": f"refreshToken={person.device.refresh_token}", "Origin": "https://evil.example"}
    headers |= {"Sec_Fetch_Site": site} if site else {}
    for path in ("/auth/refresh", "/auth/info-session", "/auth/logout"):
        answer = send(fronted, "POST", path, **headers)
        assert answer.status_code == 403, answer.text
        assert "set-cookie" not in answer.headers
    assert person.device.signed_in()


@pytest.mark.row("CK3")
def test_the_allowed_front_end_of_another_site_works(fronted: Portal) -> None:
    person = fronted.a_person()
    headers = {"Sec_Fetch_Site": "cross-site", "Origin": FRONT}
    assert send(fronted, "POST", "/auth/login", wrong_login(person), **headers).status_code == 200
    token = person.device.refresh_token
    by_cookie = send(fronted, "POST", "/auth/refresh", Cookie=f"refreshToken={token}", **headers)
    assert (by_cookie.status_code, by_cookie.json()["code"]) == (403, "cross_site"), "never by the cookie"
    assert send(fronted, "POST", "/auth/refresh", refresh=token, **headers).status_code == 200


@pytest.mark.row("CK3")
@pytest.mark.parametrize(
    "kind",
    KINDS,
)
def test_what_a_form_can_send_is_not_read(fronted: Portal, kind: str) -> None:
    """A page of any site can make a browser send these three without asking first."""
    person = fronted.a_person()
    body = b'{"email": "%s", "password": "%s"}' % (person.email.encode(), person.password.encode())
    headers = {"Content-Type": kind} if kind else {}
    for path in POSTS:
        answer = ask.post(f"{fronted.api}{path}", content=body, headers=headers, verify=False)
        assert answer.status_code == 415, f"{path}: {answer.text}"
        assert "set-cookie" not in answer.headers


@pytest.mark.row("CK4")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "CONNECTX", "PROPFIND"])
def test_another_method_is_told_which_ones_there_are(fronted: Portal, method: str) -> None:
    person = fronted.a_person()
    credentials = {"refresh": person.device.refresh_token, "Authorization": f"Bearer {person.device.token}"}
    for path in POSTS:
        answer = send(fronted, method, path, **credentials)
        if method == "CONNECTX":
            assert answer.status_code in {400, 405}
            continue
        assert answer.status_code == 405, f"{method} {path}: {answer.text}"
        assert {name.strip() for name in answer.headers["allow"].split(",")} == {"POST"}
        assert person.device.refresh_token not in answer.text, "TRACE must not echo"
    assert person.device.signed_in()


@pytest.mark.row("CK4")
@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_header_does_not_change_the_method(fronted: Portal, name: str) -> None:
    person = fronted.a_person()
    bearer = {"Authorization": f"Bearer {person.device.token}"}
    assert send(fronted, "GET", "/auth/logout?_method=POST", **{name: "POST"}, **bearer).status_code == 405
    assert send(fronted, "GET", "/auth/me?_method=DELETE", **{name: "DELETE"}, **bearer).status_code == 200
    assert person.device.signed_in()
