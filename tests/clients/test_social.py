"""CONTRACT.md sections 2 and 5, the social rows: what front ends of the original rely on, and ours."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.rig.server import Portal
from tests.rig.social import FRONTEND, Social, Stage, query, social_portal

OK, FOUND, SEE_OTHER = httpx.codes.OK, httpx.codes.FOUND, httpx.codes.SEE_OTHER
TOKENS = {"token", "refreshToken", "tokenExpires"}
A_MONTH = 30 * 24 * 3600 * 1000  # AUTH_REFRESH_TOKEN_EXPIRES_IN, ours by default, in ms


def test_the_start_is_an_empty_302_to_the_provider(plain: Social) -> None:
    homes = {"google": plain.stage.google.url, "github": plain.stage.github.url}
    for provider, home in homes.items():
        answer = plain.portal.device().get(f"/auth/{provider}")
        assert (answer.status_code, answer.content) == (FOUND, b"")
        assert answer.headers["location"].startswith(home)
        assert (
            query(answer.headers["location"])["redirect_uri"]
            == f"{plain.portal.api}/auth/{provider}/callback"
        )


def test_the_return_is_a_303_to_the_front_end_with_a_code_and_no_token(plain: Social) -> None:
    browser = plain.browser()
    back = browser.consent(browser.begin("github"), plain.someone("github"))
    answer = browser.device.client.get(back)
    assert answer.status_code == SEE_OTHER
    location = urlsplit(answer.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == f"{FRONTEND}/auth/social"
    assert list(query(answer.headers["location"])) == ["code"]


def test_the_exchange_answers_tokens_their_lives_and_the_cookie(plain: Social) -> None:
    answer = plain.browser().sign_in("google", plain.someone("google"))
    said = answer.json()
    assert said.keys() == TOKENS | {"expiresIn"}
    assert isinstance(said["tokenExpires"], int)
    assert said["expiresIn"] == A_MONTH
    assert any(line.startswith("refreshToken=") for line in answer.headers.get_list("set-cookie"))


def test_the_exchange_tells_the_whole_life_of_a_token_that_no_cookie_keeps_so_long(
    own: Social,
) -> None:
    portal = own.portal
    portal.stop()
    portal.settings["AUTH_REFRESH_TOKEN_EXPIRES_IN"] = "3650d"  # as the original sets it
    portal.start()
    answer = own.browser().sign_in("google", own.someone("google"))
    assert answer.json()["expiresIn"] == 3650 * 24 * 3600 * 1000
    (kept,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("refreshToken=")]
    assert f"Max-Age={400 * 24 * 3600}" in kept


def test_an_exchange_by_nobody_is_400_and_spends_nothing(plain: Social) -> None:
    browser = plain.browser()
    arrived = browser.arrive("google", plain.someone("google"))
    answer = plain.portal.device().post("/auth/social/exchange", {"code": arrived["code"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "handoff_unbound")
    assert browser.exchange(arrived["code"]).status_code == OK


def test_a_failure_is_a_code_in_the_address_and_no_json(plain: Social) -> None:
    answer = plain.portal.device().get("/auth/google/callback")
    assert answer.status_code == SEE_OTHER
    assert answer.headers["location"] == f"{FRONTEND}/auth/social?error=social_state_invalid"


def test_the_originals_redirect_with_tokens(tmp_path: Path, stage: Stage) -> None:
    stage.be_honest()
    with social_portal(Portal(tmp_path / "tokens", {"SOCIAL_HANDOFF": "tokens"}), stage) as social:
        browser = social.browser()
        arrived = browser.arrive("google", social.someone("google"))
        assert arrived.keys() == {"token", "refreshToken", "expiresIn"}
        assert arrived["expiresIn"] == str(A_MONTH)
        assert (
            browser.device.client.get(
                "/auth/me", headers={"Authorization": f"Bearer {arrived['token']}"}
            ).status_code
            == OK
        )
        rotated = browser.device.client.post("/auth/refresh", headers={"refresh": arrived["refreshToken"]})
        assert rotated.json().keys() == TOKENS


def test_a_provider_without_credentials_is_off(tmp_path: Path, plain: Social) -> None:
    told = plain.portal.device().get("/auth/config").json()
    assert [one["name"] for one in told["providers"]] == ["google", "github", "acme"]
    assert told["handoff"] == "code"
    bare = Portal(tmp_path / "bare").start()
    try:
        assert bare.device().get("/auth/config").json()["providers"] == []
        assert bare.device().get("/auth/google").status_code == httpx.codes.NOT_FOUND
    finally:
        bare.kill()
