"""CONTRACT.md section 3: the four ways of sending a refresh token, and which one counts."""

import httpx
import pytest

from tests.rig import ask
from tests.rig.server import Portal


def shown(way: str, token: str) -> dict[str, object]:
    """The request's arguments that show a token in that way."""
    return {
        "header": {"headers": {"refresh": token}},
        "json": {"json": {"refreshToken": token}},
        "bearer": {"headers": {"Authorization": f"Bearer {token}"}},
        "cookie": {"cookies": {"refreshToken": token}},
    }[way]


@pytest.mark.parametrize("way", ["header", "json", "bearer", "cookie"])
@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/info-session", "/auth/logout"])
def test_each_way_works(portal: Portal, way: str, path: str) -> None:
    person = portal.a_person()
    answer = ask.post(f"{portal.api}{path}", **shown(way, person.device.refresh_token))  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("agent", ["", "Mozilla/5.0"])
@pytest.mark.parametrize("way", ["header", "bearer"])
def test_the_user_agent_makes_no_difference(portal: Portal, way: str, agent: str) -> None:
    person = portal.a_person()
    with httpx.Client(headers={"User-Agent": agent}) as client:
        answer = client.post(f"{portal.api}/auth/refresh", **shown(way, person.device.refresh_token))  # type: ignore[arg-type]
    assert answer.status_code == 200


def test_an_explicit_one_beats_the_cookie(portal: Portal) -> None:
    mine, other = portal.a_person(), portal.a_person()
    answer = ask.post(
        f"{portal.api}/auth/info-session",
        headers={"refresh": mine.device.refresh_token},
        cookies={"refreshToken": other.device.refresh_token},
    )
    assert answer.json()["user"]["email"] == mine.email


def test_two_explicit_ones_that_differ_are_a_400(portal: Portal) -> None:
    mine, other = portal.a_person(), portal.a_person()
    answer = ask.post(
        f"{portal.api}/auth/refresh",
        headers={"refresh": mine.device.refresh_token},
        json={"refreshToken": other.device.refresh_token},
    )
    assert answer.status_code == 400
    assert mine.device.signed_in()
    assert other.device.signed_in()


@pytest.mark.parametrize("name", ["refresh", "Authorization"])
def test_one_header_sent_twice_counts_as_two(portal: Portal, name: str) -> None:
    mine, other = portal.a_person(), portal.a_person()
    scheme = "Bearer " if name == "Authorization" else ""
    tokens = [scheme + one.device.refresh_token for one in (mine, other)]
    differing = ask.post(f"{portal.api}/auth/info-session", headers=[(name, token) for token in tokens])
    assert (differing.status_code, differing.json()["code"]) == (400, "refresh_tokens_differ")
    same = ask.post(f"{portal.api}/auth/info-session", headers=[(name, tokens[0])] * 2)
    assert same.json()["user"]["email"] == mine.email


def test_two_explicit_ones_that_agree_are_fine(portal: Portal) -> None:
    person = portal.a_person()
    token = person.device.refresh_token
    answer = ask.post(f"{portal.api}/auth/refresh", headers={"refresh": token}, json={"refreshToken": token})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_the_cookie_does_not_count_from_a_foreign_page(portal: Portal, headers: dict[str, str]) -> None:
    person = portal.a_person()
    cookies = {"refreshToken": person.device.refresh_token}
    answer = ask.post(f"{portal.api}/auth/refresh", cookies=cookies, headers=headers)
    assert answer.status_code in {401, 403}
    assert person.device.signed_in()


def test_the_cookie_counts_from_our_own_page(portal: Portal) -> None:
    person = portal.a_person()
    cookies = {"refreshToken": person.device.refresh_token}
    headers = {"Origin": portal.issuer, "Sec-Fetch-Site": "same-origin"}
    answer = ask.post(f"{portal.api}/auth/refresh", cookies=cookies, headers=headers)
    assert answer.status_code == 200
