"""CONTRACT.md section 2: each route's method, credential, status and body."""

import re
import time
from typing import Any

from tests.rig import ask
from tests.rig.person import PASSWORD
from tests.rig.server import Portal

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REQUIRED = {"firstName", "lastName", "email", "status", "createdAt", "updatedAt", "id"}
OPTIONAL = {"lastPasswordChange", "socialType", "emailVerified", "locale", "hasPassword"}


def assert_tokens(said: dict[str, Any]) -> None:
    """`token`, `refreshToken`, and the access token's end in milliseconds, a quarter of an hour away."""
    assert set(said) == {"token", "refreshToken", "tokenExpires"}
    assert said["token"].count(".") == 2
    assert isinstance(said["tokenExpires"], int)
    assert 13 * 60_000 < said["tokenExpires"] - time.time() * 1000 <= 15 * 60_000 + 5000


def assert_user(said: dict[str, Any], email: str) -> None:
    """The user as clients read it, and nothing else."""
    assert set(said) >= REQUIRED
    assert set(said) <= REQUIRED | OPTIONAL
    assert said["email"] == email
    assert INSTANT.fullmatch(said["createdAt"])
    assert INSTANT.fullmatch(said["updatedAt"])
    assert None not in said.values(), "absent when without value"


def test_register_answers_201_with_tokens_and_cookie(portal: Portal) -> None:
    body = {
        "firstName": "Grace",
        "lastName": "Hopper",
        "email": f"grace-{time.time_ns()}@example.com",
        "password": PASSWORD,
    }
    answer = ask.post(f"{portal.api}/auth/register", json=body)
    assert answer.status_code == 201
    assert_tokens(answer.json())
    assert "refreshToken" in answer.cookies
    assert answer.cookies["refreshToken"] == answer.json()["refreshToken"]


def test_login_answers_200_with_tokens_and_cookie(portal: Portal) -> None:
    person = portal.a_person()
    answer = portal.device().login(person.email, person.password)
    assert answer.status_code == 200
    assert_tokens(answer.json())
    assert answer.cookies["refreshToken"] == answer.json()["refreshToken"]


def test_refresh_answers_200_with_new_tokens_and_cookie(portal: Portal) -> None:
    person = portal.a_person()
    before = person.device.refresh_token
    answer = person.device.refresh()
    assert answer.status_code == 200
    assert_tokens(answer.json())
    assert answer.json()["refreshToken"] != before
    assert answer.cookies["refreshToken"] == answer.json()["refreshToken"]


def test_info_session_answers_token_and_user_and_writes_nothing(portal: Portal) -> None:
    person = portal.a_person()
    listed = person.device.sessions()
    answer = person.device.info()
    assert answer.status_code == 200
    assert set(answer.json()) == {"token", "user"}
    assert_user(answer.json()["user"], person.email)
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert person.device.client.get("/auth/me", headers=headers).status_code == 200
    assert person.device.sessions() == listed
    assert person.device.refresh().status_code == 200


def test_me_answers_the_user(portal: Portal) -> None:
    person = portal.a_person()
    answer = person.device.me()
    assert answer.status_code == 200
    assert_user(answer.json(), person.email)
    assert answer.json()["status"] == 2
    assert answer.json()["emailVerified"] is False
    assert answer.json()["hasPassword"] is True


def test_status_is_1_once_the_address_is_confirmed(portal: Portal) -> None:
    person = portal.a_person(confirmed=True)
    assert person.device.me().json()["status"] == 1
    assert person.device.me().json()["emailVerified"] is True


def test_logout_answers_200_with_an_empty_body_and_clears_the_cookie(portal: Portal) -> None:
    person = portal.a_person()
    answer = person.device.logout()
    assert answer.status_code == 200
    assert answer.content == b""
    assert (
        'refreshToken=""' in answer.headers["set-cookie"] or "refreshToken=;" in answer.headers["set-cookie"]
    )
    assert "max-age=0" in answer.headers["set-cookie"].lower()


def test_confirming_answers_200_with_an_empty_body(portal: Portal) -> None:
    person = portal.a_person()
    token = portal.letters.hash(person.email, "Confirm email")
    answer = ask.post(f"{portal.api}/auth/email/confirm", json={"hash": token})
    assert (answer.status_code, answer.content) == (200, b"")


def test_forgot_and_reset_answer_200_with_empty_bodies(portal: Portal) -> None:
    person = portal.a_person()
    answer = ask.post(f"{portal.api}/auth/forgot/password", json={"email": person.email})
    assert (answer.status_code, answer.content) == (200, b"")
    token = portal.letters.hash(person.email, "Reset password")
    body = {"hash": token, "password": "another quiet harbour 43"}
    answer = ask.post(f"{portal.api}/auth/reset/password", json=body)
    assert (answer.status_code, answer.content) == (200, b"")


def test_requests_may_have_an_empty_body_and_no_content_type(portal: Portal) -> None:
    person = portal.a_person()
    headers = {"refresh": person.device.refresh_token}
    answer = ask.post(f"{portal.api}/auth/refresh", headers=headers)
    assert "content-type" not in answer.request.headers
    assert answer.status_code == 200


def test_no_body_of_ours_holds_a_hash_or_a_token_it_should_not(portal: Portal) -> None:
    person = portal.a_person()
    for answer in (
        person.device.me(),
        person.device.get("/auth/sessions"),
        person.device.get("/auth/events"),
    ):
        assert answer.status_code == 200
        assert "argon2" not in answer.text
        assert person.device.refresh_token not in answer.text
        assert person.password not in answer.text
