"""From the call-back to the front end: the code belongs to whoever began, and to nobody else."""

import secrets
from pathlib import Path

import httpx
import pytest

from tests.rig.server import Portal
from tests.rig.social import FRONTEND, PROVIDERS, Social, Stage, query, social_portal

OK, BAD_REQUEST = httpx.codes.OK, httpx.codes.BAD_REQUEST


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and stable code of an error."""
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_from_another_site_a_challenge_and_its_verifier_do(social: Social, provider: str) -> None:
    browser = social.browser()
    arrived = browser.arrive(provider, social.someone(provider), challenge=True)
    server_side = social.browser()  # has no cookie of ours
    answer = server_side.exchange(arrived["code"], browser.verifier)
    assert answer.status_code == OK
    assert server_side.device.signed_in()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_from_the_same_site_the_cookie_does(social: Social, provider: str) -> None:
    browser = social.browser()
    arrived = browser.arrive(provider, social.someone(provider))
    assert browser.exchange(arrived["code"]).status_code == OK
    assert browser.device.signed_in()


@pytest.mark.row("SO13")
def test_a_code_without_verifier_or_cookie_is_refused_and_stays_whole(social: Social) -> None:
    browser = social.browser()
    arrived = browser.arrive("google", social.someone("google"))
    thief = social.browser()
    for shown in (None, secrets.token_urlsafe(32)):
        assert code_of(thief.exchange(arrived["code"], shown)) == (BAD_REQUEST, "handoff_unbound")
    assert browser.exchange(arrived["code"]).status_code == OK


@pytest.mark.row("SO13")
def test_the_cookie_is_no_substitute_for_the_verifier(social: Social) -> None:
    browser = social.browser()
    browser.begin("google")  # so that the cookie is there
    arrived = browser.arrive("google", social.someone("google"), challenge=True)
    verifier, browser.verifier = browser.verifier, None
    assert code_of(browser.exchange(arrived["code"])) == (BAD_REQUEST, "handoff_unbound")
    assert browser.exchange(arrived["code"], verifier).status_code == OK


def test_a_verifier_for_a_code_without_challenge_is_refused(social: Social) -> None:
    browser = social.browser()
    arrived = browser.arrive("google", social.someone("google"))
    wrong = browser.exchange(arrived["code"], secrets.token_urlsafe(32))
    assert code_of(wrong) == (BAD_REQUEST, "handoff_unbound")


@pytest.mark.row("SO16")
def test_a_code_works_once(social: Social) -> None:
    browser = social.browser()
    arrived = browser.arrive("google", social.someone("google"))
    assert browser.exchange(arrived["code"]).status_code == OK
    again = social.browser()
    again.device.client.cookies = browser.device.client.cookies
    again.begin("google")
    assert again.exchange(arrived["code"]).status_code == BAD_REQUEST
    assert len(browser.device.sessions()) == 1


@pytest.mark.row("SO13")
def test_a_code_lives_a_minute(own: Social) -> None:
    browser = own.browser()
    arrived = browser.arrive("google", own.someone("google"))
    own.portal.move_clock(61)
    assert code_of(browser.exchange(arrived["code"])) == (BAD_REQUEST, "link_invalid")


@pytest.mark.row("RF11")
def test_a_code_from_before_everything_was_ended_opens_nothing(social: Social) -> None:
    who = social.someone("google")
    first, second = social.browser(), social.browser()
    first.sign_in("google", who)
    arrived = second.arrive("google", who)
    assert first.device.post("/auth/logout/all").status_code == OK
    assert code_of(second.exchange(arrived["code"])) == (BAD_REQUEST, "link_invalid")


def test_the_place_to_return_to_comes_along_when_it_is_on_the_list(social: Social) -> None:
    browser = social.browser()
    arrived = browser.arrive("google", social.someone("google"), return_to="/team/red")
    assert arrived["next"] == "/team/red"


@pytest.mark.row("SO12")
@pytest.mark.parametrize(
    "place",
    [
        "//evil.example",
        "\\\\evil.example",
        "https://ok@evil.example",
        "ok.evil",
        "/app\r\nX: y",
        "/team/..;/x",
    ],
)
def test_any_other_place_ends_on_the_front_ends_page(social: Social, place: str) -> None:
    assert query(social.browser().begin("google", return_to=place)) == {"error": "return_to_refused"}


def test_a_challenge_that_is_none_ends_on_the_front_ends_page(social: Social) -> None:
    for challenge in ("", "short", "x" * 44, "=" * 43):
        assert query(social.browser().begin("google", code_challenge=challenge)) == {
            "error": "code_challenge_invalid"
        }


def test_no_method_but_s256_is_taken_for_it(plain: Social) -> None:
    for method, ends in (("plain", "error"), ("s256", "error"), ("", "error"), ("S256", "state")):
        begun = plain.browser().begin("google", code_challenge="x" * 43, code_challenge_method=method)
        assert ends in query(begun), method


def test_a_start_that_cannot_be_read_ends_on_the_front_ends_page(plain: Social) -> None:
    for tail in ("code_challenge=a&code_challenge=b", "next=%00", "next=%ff", "&".join(["x=1"] * 99)):
        answer = plain.portal.device().get(f"/auth/google?{tail}")
        assert answer.status_code == httpx.codes.FOUND, answer.text
        assert answer.headers["location"] == f"{FRONTEND}/auth/social?error=bad_request"


def test_a_second_tab_does_not_spoil_the_first(social: Social) -> None:
    browser = social.browser()
    one, other = browser.begin("google"), browser.begin("github")
    first = browser.come_back(browser.consent(one, social.someone("google")))
    second = browser.come_back(browser.consent(other, social.someone("github")))
    assert browser.exchange(second["code"]).status_code == OK
    assert browser.exchange(first["code"]).status_code == OK


def test_a_tab_that_is_done_leaves_the_other_its_cookie(plain: Social) -> None:
    browser = plain.browser()
    other = browser.begin("github")
    browser.sign_in("google", plain.someone("google"), challenge=True)
    browser.verifier = None
    arrived = browser.come_back(browser.consent(other, plain.someone("github")))
    assert browser.exchange(arrived["code"]).status_code == OK


@pytest.mark.parametrize("provider", PROVIDERS)
def test_existing_front_ends_get_tokens_in_the_redirect(tmp_path: Path, stage: Stage, provider: str) -> None:
    stage.be_honest()
    with social_portal(Portal(tmp_path / "tokens", {"SOCIAL_HANDOFF": "tokens"}), stage) as social:
        browser = social.browser()
        arrived = browser.arrive(provider, social.someone(provider))
        assert arrived.keys() == {"token", "refreshToken", "expiresIn"}
        assert int(arrived["expiresIn"]) == 30 * 24 * 3600 * 1000
        browser.device.token, browser.device.refresh_token = arrived["token"], arrived["refreshToken"]
        assert browser.device.signed_in()
