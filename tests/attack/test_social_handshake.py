"""Social sign-in, the handshake: states, cookies, PKCE, issuers, and what providers say instead."""

from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from tests.rig.providers.oidc import Lies
from tests.rig.social import PROVIDERS, Browser, Social, query

STATE_INVALID = {"error": "social_state_invalid"}
FAILED = {"error": "social_provider_failed"}


def callback(browser: Browser, provider: str = "google", **params: str) -> dict[str, str]:
    """The call-back with made-up parameters; returns what the front end's page is told."""
    return browser.come_back(f"{browser.portal.api}/auth/{provider}/callback?{urlencode(params)}")


def stranger_gets_nothing(browser: Browser) -> None:
    """No session came of it: neither by the cookie nor otherwise."""
    assert browser.device.client.post("/auth/refresh").status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.row("SO1")
@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("state", [None, "", "random", "aplk_AAAA", "x" * 5000, "' or 1=1 --", "{}"])
def test_a_callback_without_a_state_of_ours_is_refused(
    plain: Social, provider: str, state: str | None
) -> None:
    browser = plain.browser()
    browser.begin(provider)
    params = {"code": "abc"} | ({} if state is None else {"state": state})
    assert callback(browser, provider, **params) == STATE_INVALID
    stranger_gets_nothing(browser)


@pytest.mark.row("SO1")
def test_a_state_is_worth_nothing_after_ten_minutes(own: Social) -> None:
    browser = own.browser()
    back = browser.consent(browser.begin("github"), own.someone("github"))
    own.portal.move_clock(601)
    assert browser.come_back(back) == STATE_INVALID


@pytest.mark.row("SO1")
@pytest.mark.row("SO16")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_same_callback_twice_gets_in_once(plain: Social, provider: str) -> None:
    browser = plain.browser()
    back = browser.consent(browser.begin(provider), plain.someone(provider))
    assert "code" in browser.come_back(back)
    assert browser.come_back(back) == STATE_INVALID


@pytest.mark.row("SO1")
@pytest.mark.row("OP8")
def test_a_state_is_single_use_across_two_instances(own: Social) -> None:
    twin = own.portal.sibling().start()
    try:
        browser = own.browser()
        back = browser.consent(browser.begin("github"), own.someone("github"))
        elsewhere = back.replace(own.portal.url, twin.url)
        assert "code" in browser.come_back(elsewhere)
        assert browser.come_back(back) == STATE_INVALID
    finally:
        twin.kill()


@pytest.mark.row("SO1")
def test_a_state_of_one_provider_is_none_for_another(plain: Social) -> None:
    browser = plain.browser()
    params = query(browser.consent(browser.begin("google"), plain.someone("google")))
    assert callback(browser, "github", **params) == STATE_INVALID
    assert "code" in callback(browser, "google", **params)


@pytest.mark.row("SO2")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_attackers_callback_in_the_victims_browser_is_refused(plain: Social, provider: str) -> None:
    attacker, victim, bystander = plain.browser(), plain.browser(), plain.browser()
    back = attacker.consent(attacker.begin(provider), plain.someone(provider))
    victim.begin(provider)  # so that the victim has a cookie of his own
    assert victim.come_back(back) == STATE_INVALID
    assert bystander.come_back(back) == STATE_INVALID
    stranger_gets_nothing(victim)
    assert "code" in attacker.come_back(back), "a stranger's try must not burn the state"


@pytest.mark.row("SO4")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_challenge_nonce_and_state_are_always_sent_and_never_twice_the_same(
    plain: Social, provider: str
) -> None:
    asked = [query(plain.browser().begin(provider)) for _ in range(5)]
    for name in ("state", "code_challenge") + (() if provider == "github" else ("nonce",)):
        assert len({one[name] for one in asked}) == len(asked)
    assert {one["code_challenge_method"] for one in asked} == {"S256"}
    assert {one["response_type"] for one in asked} == {"code"}


@pytest.mark.row("SO4")
@pytest.mark.parametrize("provider", ["google", "github"])
def test_a_challenge_that_was_taken_away_or_swapped_ends_the_sign_in(plain: Social, provider: str) -> None:
    there = plain.stage.google if provider == "google" else plain.stage.github
    for swapped in ("", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"):
        browser = plain.browser()
        back = browser.consent(browser.begin(provider), plain.someone(provider))
        there.codes[query(back)["code"]]["code_challenge"] = swapped
        assert browser.come_back(back) == FAILED


@pytest.mark.row("SO5")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_that_names_another_issuer_is_refused(plain: Social, provider: str) -> None:
    browser = plain.browser()
    params = query(browser.consent(browser.begin(provider), plain.someone(provider)))
    assert callback(browser, provider, **{**params, "iss": "https://evil.example"}) == FAILED


@pytest.mark.row("SO5")
def test_a_provider_that_promises_to_name_itself_must_do_so(own: Social) -> None:
    own.stage.google.lies = Lies(metadata={"authorization_response_iss_parameter_supported": True})
    assert own.browser().arrive("google", own.someone("google")) == FAILED
    own.stage.google.lies.answer = lambda params: {**params, "iss": own.stage.google.url}
    assert "code" in own.browser().arrive("google", own.someone("google"))


@pytest.mark.row("SO5")
def test_a_github_that_does_not_name_itself_is_believed_too(plain: Social) -> None:
    plain.stage.github.names_itself = False
    assert "code" in plain.browser().arrive("github", plain.someone("github"))


@pytest.mark.row("SO14")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_denial_ends_on_the_front_ends_page(plain: Social, provider: str) -> None:
    browser = plain.browser()
    back = browser.consent(browser.begin(provider), plain.someone(provider), action="deny")
    if provider == "acme":  # the mock forgets the state when somebody denies
        assert browser.come_back(back)["error"] in {"social_denied", "social_state_invalid"}
    else:
        assert browser.come_back(back) == {"error": "social_denied"}
    stranger_gets_nothing(browser)


@pytest.mark.row("SO14")
@pytest.mark.parametrize(
    "params",
    [
        {"error": "access_denied", "error_description": "<script>alert(1)</script>"},
        {"error": "<img src=x onerror=alert(1)>"},
        {"error": "server_error\r\nX-Evil: 1", "error_uri": "javascript:alert(1)"},
        {"error": ""},
        {},
        {"code": ""},
        {"code": "x" * 5000},
        {"code": "a\r\nb"},
        {"code": "\u00e9"},
    ],
)
def test_whatever_a_provider_says_only_our_own_words_are_passed_on(
    plain: Social, params: dict[str, str]
) -> None:
    browser = plain.browser()
    state = query(browser.begin("google"))["state"]
    answer = browser.device.client.get("/auth/google/callback", params={**params, "state": state})
    assert answer.status_code == httpx.codes.SEE_OTHER
    location = answer.headers["location"]
    assert query(location)["error"] in {"social_denied", "social_provider_failed"}
    assert "script" not in location
    assert "onerror" not in location


@pytest.mark.row("SO14")
@pytest.mark.parametrize(
    "tail", ["state=a&state=b", "code=%00", "state=%ff%fe", "&".join(["x=1"] * 99), "%", "="]
)
def test_a_callback_that_no_provider_would_send_is_no_json_page(plain: Social, tail: str) -> None:
    answer = plain.portal.device().get(f"/auth/google/callback?{tail}")
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert query(answer.headers["location"]) == STATE_INVALID


@pytest.mark.row("SO18")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_start_is_302_and_the_return_303(plain: Social, provider: str) -> None:
    browser = plain.browser()  # `begin` and `come_back` check both
    assert "code" in browser.arrive(provider, plain.someone(provider))


def test_an_unknown_provider_is_a_plain_404(plain: Social) -> None:
    for path in ("/auth/nobody", "/auth/nobody/callback?state=x&code=y"):
        answer = plain.portal.device().get(path)
        assert answer.status_code == httpx.codes.NOT_FOUND
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.row("CK1")
def test_the_cookies_of_the_handshake_are_lax_and_not_for_scripts(plain: Social) -> None:
    answer = plain.portal.device().get("/auth/google")
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for line in cookies:
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
        assert "Path=/" in line
        assert "Domain" not in line


@pytest.mark.row("SO13")
def test_the_redirect_uri_is_exactly_the_configured_one(plain: Social) -> None:
    answer = plain.portal.device().get(
        "/auth/google", headers={"X-Forwarded-Host": "evil.example", "Host": "evil.example"}
    )
    told = query(answer.headers["location"])["redirect_uri"]
    assert told == f"{plain.portal.issuer}/api/auth/google/callback"
    assert urlsplit(answer.headers["location"]).netloc == urlsplit(plain.stage.google.url).netloc
