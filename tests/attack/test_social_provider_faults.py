"""Social sign-in, providers that fail or lie: a clean error each, and nobody else is held up."""

import json
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.rig.providers.faults import FAULTS, breaks, stalls
from tests.rig.providers.oidc import KEY, OTHER_KEY, Claims, Lies
from tests.rig.social import NATIVE_CLIENT, Social, an_address, query

FAILED = {"error": "social_provider_failed"}
QUICK_FAULTS = [name for name in FAULTS if name not in {"stalls 30 s", "drips"}]
OK, BAD_REQUEST = httpx.codes.OK, httpx.codes.BAD_REQUEST


@pytest.mark.row("SO15")
@pytest.mark.parametrize("fault", QUICK_FAULTS)
@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_a_fault_of_an_openid_provider_is_a_clean_error(plain: Social, endpoint: str, fault: str) -> None:
    plain.stage.google.lies = Lies(instead={endpoint: FAULTS[fault]}, thin=True)
    who = plain.someone("google")
    assert plain.browser().arrive("google", who) == FAILED
    plain.stage.be_honest()
    assert "code" in plain.browser().arrive("google", who)


@pytest.mark.row("SO15")
@pytest.mark.parametrize("fault", QUICK_FAULTS)
@pytest.mark.parametrize("endpoint", ["token", "user", "emails"])
def test_a_fault_of_github_is_a_clean_error(plain: Social, endpoint: str, fault: str) -> None:
    plain.stage.github.instead = {endpoint: FAULTS[fault]}
    assert plain.browser().arrive("github", plain.someone("github")) == FAILED


@pytest.mark.row("SO15")
def test_keys_that_cannot_be_had_are_a_clean_error(own: Social) -> None:
    for fault in QUICK_FAULTS:
        own.stage.google.lies = Lies(instead={"jwks": FAULTS[fault]})
        assert own.browser().arrive("google", own.someone("google")) == FAILED, fault
    own.stage.be_honest()
    assert "code" in own.browser().arrive("google", own.someone("google"))


@pytest.mark.row("SO15")
def test_a_provider_that_does_not_publish_itself_is_a_clean_error_at_the_start(own: Social) -> None:
    for fault in QUICK_FAULTS:
        own.stage.google.lies = Lies(instead={"discovery": FAULTS[fault]})
        assert query(own.browser().begin("google")) == FAILED, fault
    own.stage.be_honest()
    assert "code" in own.browser().arrive("google", own.someone("google"))


@pytest.mark.row("SO15")
def test_nobody_is_sent_where_a_provider_must_not_be(own: Social) -> None:
    home = own.stage.google.url
    for place in (
        "http://evil.example/a",
        "//evil.example",
        "/authorize",
        "",
        "javascript:alert(1)",
        f"{home}/\u20ac",
    ):
        own.stage.google.lies = Lies(metadata={"authorization_endpoint": place})
        assert query(own.browser().begin("google")) == FAILED, place
    assert re.search(r"BAD +google: ", own.portal.run("doctor", status=1))
    own.stage.be_honest()
    assert "code" in own.browser().arrive("google", own.someone("google"))


@pytest.mark.row("SO15")
def test_an_access_token_that_no_header_can_carry_is_a_clean_error(plain: Social) -> None:
    for token in ("\u00fc", "\U0001f600", "a\r\nX-Evil: 1", "a b"):
        plain.stage.google.lies = Lies(thin=True, access_token=token)
        assert plain.browser().arrive("google", plain.someone("google")) == FAILED, token


def test_keys_that_the_provider_has_just_changed_are_fetched_at_once(plain: Social) -> None:
    assert "code" in plain.browser().arrive("google", plain.someone("google"))
    for kid in ("next-1", "next-2"):
        key = RSAKey.generate_key(2048, parameters={"kid": f"{kid}-{secrets.token_hex(4)}"}, private=True)
        plain.stage.google.lies = Lies(keys=(key,), sign=signed_by(key))
        assert "code" in plain.browser().arrive("google", plain.someone("google"))


@pytest.mark.row("SO15")
@pytest.mark.parametrize("fault", ["stalls 30 s", "drips"])
def test_a_provider_that_stalls_holds_up_nobody_else(own: Social, fault: str) -> None:
    bystander = own.portal.a_person()
    own.stage.google.lies = Lies(instead={"token": FAULTS[fault]})
    browser = own.browser()
    back = browser.consent(browser.begin("google"), own.someone("google"))
    arrived: list[dict[str, str]] = []
    waiting = threading.Thread(target=lambda: arrived.append(browser.come_back(back)))
    began = time.monotonic()
    waiting.start()
    answered = 0
    while waiting.is_alive():
        assert bystander.device.me().status_code == OK
        answered += 1
    assert arrived == [FAILED]
    assert time.monotonic() - began < 20, "thirty seconds of stalling must not be waited for"
    assert answered > 20
    assert "code" in own.browser().arrive("github", own.someone("github"))


@pytest.mark.row("SO15")
def test_known_keys_outlive_a_provider_that_is_away(own: Social) -> None:
    who = own.someone("google")
    assert "code" in own.browser().arrive("google", who)
    own.portal.move_clock(2 * 3600)
    honest = Lies().sign

    def later(claims: Claims) -> str:
        return honest({**claims, "iat": claims["iat"] + 7200, "exp": claims["exp"] + 7200})

    own.stage.google.lies = Lies(instead={"discovery": breaks, "jwks": stalls}, sign=later)
    arrived = own.browser().arrive("google", who)
    assert arrived == FAILED or "code" in arrived  # the first to look waits for the stalled answer in vain
    assert "code" in own.browser().arrive("google", who)


@pytest.mark.row("OP3")
def test_without_a_database_one_ends_on_the_front_ends_page_as_well(own: Social) -> None:
    browser = own.browser()
    back = browser.consent(browser.begin("google"), own.someone("google"))
    file = own.portal.folder / "auth-portal.db"
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(3) as pool:  # each waits for the lock as long as the writer does
            begun = pool.submit(lambda: query(own.browser().begin("google")))
            returned = pool.submit(browser.come_back, back)
            elsewhere = pool.submit(own.browser().come_back, back)
        assert begun.result() == returned.result() == {"error": "unavailable"}
        assert elsewhere.result() == {"error": "social_state_invalid"}
    assert '"unavailable"' in own.portal.log(), "an operator learns of it"
    assert "code" in browser.come_back(back)


def wrong(**claims: object) -> Lies:
    """An ID token with these claims."""
    return Lies(claims=lambda honest: {**honest, **claims})


def signed_by(key: RSAKey) -> Callable[[Claims], str]:
    """A signature by that key, in JSON that is all ASCII: it can hold half a surrogate pair."""
    return lambda claims: jws.serialize_compact(
        {"alg": "RS256", "kid": key.kid or ""}, json.dumps(claims).encode(), key
    )


def sign_with(key: object) -> Callable[[Claims], str]:
    """A signature by another key under the same kid."""
    from joserfc import jwt  # noqa: PLC0415 -- only here

    return lambda claims: jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, key)  # type: ignore[arg-type]


@pytest.mark.row("SO6")
@pytest.mark.parametrize(
    "lies",
    [
        wrong(iss="https://evil.example"),
        wrong(aud="another-client"),
        wrong(aud=["portal-client", "b"], azp="b"),
        wrong(nonce="another"),
        replace(wrong(nonce="\ud800"), sign=signed_by(KEY)),
        replace(wrong(at_hash="\ud800"), sign=signed_by(KEY)),
        wrong(exp=1),
        Lies(sign=sign_with(OTHER_KEY)),
        Lies(sign=lambda claims: f"eyJhbGciOiJub25lIn0.{claims['sub']}."),
    ],
    ids=["iss", "aud", "azp", "nonce", "half a nonce", "half a hash", "exp", "other JWKS", "alg none"],
)
def test_a_lying_token_gets_nobody_in(plain: Social, lies: Lies) -> None:
    plain.stage.google.lies = lies
    person = plain.portal.a_person(confirmed=True)
    assert plain.browser().arrive("google", plain.someone("google", person.email)) == FAILED
    assert person.device.get("/auth/identities").json()["identities"] == []


@pytest.mark.row("SO6")
def test_a_native_client_brings_a_token_with_our_nonce_once(plain: Social) -> None:
    who = plain.someone("google", an_address())
    device = plain.portal.device("an app")
    nonce = device.post("/auth/google/nonce", {}).json()["nonce"]
    body = {"idToken": plain.stage.google.id_token(who, NATIVE_CLIENT, nonce), "nonce": nonce}
    assert device.keep(device.post("/auth/google/token", body)).status_code == OK
    assert device.signed_in()
    again = plain.portal.device().post("/auth/google/token", body)
    assert (again.status_code, again.json()["code"]) == (BAD_REQUEST, "social_token_invalid")


@pytest.mark.row("SO6")
def test_a_native_token_of_another_making_is_refused_and_the_nonce_stays(plain: Social) -> None:
    google = plain.stage.google
    who = plain.someone("google")
    device = plain.portal.device("an app")
    nonce = device.post("/auth/google/nonce", {}).json()["nonce"]
    for token, shown in (
        (google.id_token(who, google.client_id, nonce), nonce),  # the web client's
        (google.id_token(who, "foreign-app", nonce), nonce),
        (google.id_token(who, NATIVE_CLIENT, "invented"), "invented"),
        (google.id_token(who, NATIVE_CLIENT, "invented"), nonce),
        ("junk", nonce),
        ("", nonce),
    ):
        answer = device.post("/auth/google/token", {"idToken": token, "nonce": shown})
        assert answer.status_code == BAD_REQUEST, answer.text
    good = {"idToken": google.id_token(who, NATIVE_CLIENT, nonce), "nonce": nonce}
    assert device.post("/auth/google/token", good).status_code == OK


def test_only_openid_providers_with_a_list_have_native_clients(plain: Social) -> None:
    for provider in ("github", "acme", "nobody"):
        answer = plain.portal.device().post(f"/auth/{provider}/nonce", {})
        assert answer.status_code == httpx.codes.NOT_FOUND


@pytest.mark.row("SO13")
@pytest.mark.row("OP14")
def test_the_log_holds_no_code_no_state_and_no_secret(own: Social) -> None:
    browser = own.browser()
    back = browser.consent(browser.begin("google"), own.someone("google"))
    arrived = browser.come_back(back)
    browser.exchange(arrived["code"])
    told = query(back)
    log = own.portal.log()
    google = own.stage.google
    for secret in (
        told["code"], told["state"], arrived["code"], google.client_secret, browser.device.token,
        browser.device.refresh_token, *(cookie.value or "" for cookie in browser.device.client.cookies.jar),
    ):  # fmt: skip
        assert secret
        assert secret not in log
