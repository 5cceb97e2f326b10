"""CONTRACT.md section 4: the shape of every error, and the words that clients show."""

from typing import Any

import httpx
import pytest

from tests.rig import ask
from tests.rig.person import PASSWORD
from tests.rig.server import Portal

SIGN_UP = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com", "password": PASSWORD}


def assert_problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """RFC 9457, with the fields of existing clients beside it."""
    said: dict[str, Any] = answer.json()
    assert answer.status_code == status, said
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "statusCode", "message"} <= set(said)
    assert said["status"] == said["statusCode"] == status
    assert isinstance(said["message"], str)
    if code is not None:
        assert said["code"] == code
    return said


def post(portal: Portal, path: str, body: object, **rest: Any) -> httpx.Response:
    """POST JSON without any credential."""
    return ask.post(f"{portal.api}{path}", json=body, **rest)


@pytest.mark.parametrize(
    ("path", "body", "field", "words"),
    [
        ("/auth/register", {**SIGN_UP, "email": "no address"}, "email", "email must be an email"),
        ("/auth/register", {**SIGN_UP, "firstName": ""}, "firstName", "firstName should not be empty"),
        ("/auth/register", {**SIGN_UP, "lastName": " "}, "lastName", "lastName should not be empty"),
        (
            "/auth/register",
            {**SIGN_UP, "password": "short"},
            "password",
            "password must be longer than or equal to 8 characters",
        ),
        ("/auth/login", {"email": "x", "password": "y"}, "email", "email must be an email"),
        ("/auth/forgot/password", {}, "email", "email must be an email"),
        ("/auth/email/confirm", {}, "hash", "hash should not be empty"),
        ("/auth/reset/password", {"password": PASSWORD}, "hash", "hash should not be empty"),
    ],
)
def test_validation_names_the_field(
    portal: Portal, path: str, body: dict[str, str], field: str, words: str
) -> None:
    said = assert_problem(post(portal, path, body), 400)
    assert words in said["errors"][field]


def test_validation_tells_every_fault_at_once(portal: Portal) -> None:
    said = assert_problem(post(portal, "/auth/register", {}), 400)
    assert {"firstName", "lastName", "email", "password"} <= set(said["errors"])
    assert all(isinstance(text, str) for text in said["errors"].values())


def test_a_taken_address_is_named(portal: Portal) -> None:
    person = portal.a_person()
    said = assert_problem(post(portal, "/auth/register", {**SIGN_UP, "email": person.email}), 400)
    assert said["errors"]["email"] == "email Already Exists"


def test_a_wrong_password_is_a_400_never_a_401(portal: Portal) -> None:
    person = portal.a_person()
    answer = post(portal, "/auth/login", {"email": person.email, "password": "wrong password"})
    said = assert_problem(answer, 400, "invalid_credentials")
    assert said["message"] == "email or password is incorrect"


def test_unknown_address_and_wrong_password_answer_the_same(portal: Portal) -> None:
    person = portal.a_person()
    wrong = post(portal, "/auth/login", {"email": person.email, "password": "wrong password"})
    unknown = post(portal, "/auth/login", {"email": "nobody@example.com", "password": "wrong password"})
    assert without_trace(wrong.json()) == without_trace(unknown.json())
    assert wrong.status_code == unknown.status_code


def test_unauthorised_is_one_401_with_www_authenticate(portal: Portal) -> None:
    answers = [
        ask.get(f"{portal.api}/auth/me"),
        ask.get(f"{portal.api}/auth/me", headers={"Authorization": "Bearer nonsense"}),
        ask.post(f"{portal.api}/auth/refresh"),
        ask.post(f"{portal.api}/auth/refresh", headers={"refresh": "nonsense"}),
    ]
    for answer in answers:
        said = assert_problem(answer, 401)
        assert said["message"] == "Unauthorized"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert without_trace(said) == without_trace(answers[0].json())


@pytest.mark.parametrize("path", ["/auth/email/confirm", "/auth/reset/password"])
def test_a_dead_link_is_one_400(portal: Portal, path: str) -> None:
    person = portal.a_person()
    used = portal.letters.hash(person.email, "Confirm email")
    assert post(portal, "/auth/email/confirm", {"hash": used}).status_code == 200
    for token in (used, "nonsense", "aplk_" + "A" * 48):
        said = assert_problem(post(portal, path, {"hash": token, "password": PASSWORD}), 400, "link_invalid")
        assert said["message"] == "expired token"


def test_forgetting_an_unknown_address_answers_200(portal: Portal) -> None:
    answer = post(portal, "/auth/forgot/password", {"email": "nobody@example.com"})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/auth/me/password", {"currentPassword": "wrong", "password": "another harbour 44"}),
        ("PUT", "/auth/me/email", {"currentPassword": "wrong", "email": "new@example.com"}),
        ("DELETE", "/auth/me", {"currentPassword": "wrong"}),
    ],
)
def test_a_wrong_current_password_is_a_400_of_its_field(
    portal: Portal, method: str, path: str, body: dict[str, str]
) -> None:
    person = portal.a_person()
    said = assert_problem(person.device.send(method, path, body), 400, "invalid_credentials")
    assert "currentPassword" in said["errors"]
    assert person.device.signed_in()


def test_an_unknown_route_is_a_404(portal: Portal) -> None:
    assert_problem(ask.get(f"{portal.api}/auth/nowhere"), 404)
    assert_problem(ask.post(f"{portal.api}/nowhere"), 404)


@pytest.mark.parametrize("path", ["/auth/me", "/auth/sessions", "/auth/nowhere", "/nowhere"])
def test_an_address_without_the_prefix_is_a_404_for_programs(portal: Portal, path: str) -> None:
    for method in ("GET", "POST", "PATCH", "DELETE"):
        answer = ask.request(method, portal.url + path)
        assert_problem(answer, 404, "not_found")
        assert "allow" not in answer.headers
    page = ask.get(portal.url + path, headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_wrong_method_is_a_405_that_says_which_is_right(portal: Portal) -> None:
    answer = ask.get(f"{portal.api}/auth/login")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_anything_but_json_is_a_415(portal: Portal, kind: str) -> None:
    answer = ask.post(f"{portal.api}/auth/login", content=b"email=a", headers={"Content-Type": kind})
    assert_problem(answer, 415)


def test_broken_json_is_a_400(portal: Portal) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(ask.post(f"{portal.api}/auth/login", content=b'{"email": ', headers=headers), 400)


def test_unknown_fields_are_ignored_and_addresses_trimmed_and_lowered(portal: Portal) -> None:
    person = portal.a_person()
    body = {"email": f"  {person.email.upper()} ", "password": person.password, "rememberMe": True}
    assert post(portal, "/auth/login", body).status_code == 200


def without_trace(said: dict[str, Any]) -> dict[str, Any]:
    """A problem without what names the single request."""
    return {name: value for name, value in said.items() if name not in {"instance", "trace"}}
