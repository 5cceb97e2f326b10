"""Signing in through each provider, over HTTP: the first time, the second, and the refusals."""

import httpx
import pytest

from tests.rig.social import PROVIDERS, Social, an_address

OK, BAD_REQUEST, UNAUTHORIZED = httpx.codes.OK, httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED

pytestmark = pytest.mark.parametrize("provider", PROVIDERS)


def test_the_first_time_makes_an_account_and_the_second_finds_it(social: Social, provider: str) -> None:
    email = an_address()
    who = social.someone(provider, email)
    first, second = social.browser(), social.browser()
    said = first.sign_in(provider, who).json()
    assert {"token", "refreshToken", "tokenExpires", "expiresIn"} <= said.keys()
    second.sign_in(provider, who)
    one, other = first.device.me().json(), second.device.me().json()
    assert one["id"] == other["id"]
    assert one["email"] == email
    assert one["emailVerified"] is True
    assert one["status"] == 1
    assert one["hasPassword"] is False
    assert one["socialType"] == provider
    assert {one["method"] for one in second.device.sessions()} == {provider}
    assert first.device.refresh().status_code == OK


def test_an_address_that_the_provider_does_not_vouch_for_gets_nobody_in(
    social: Social, provider: str
) -> None:
    taken = social.portal.a_person(confirmed=True)
    free = social.someone(provider, an_address(), verified=False)
    theirs = social.someone(provider, taken.email, verified=False)
    answers = [social.browser().arrive(provider, who) for who in (free, theirs)]
    assert answers == [{"error": "social_email_unverified"}] * 2
    assert set(social.portal.device().login(taken.email, taken.password).json()) >= {"token"}


def test_both_sides_proved_the_address_so_the_accounts_are_one(social: Social, provider: str) -> None:
    person = social.portal.a_person(confirmed=True)
    browser = social.browser()
    browser.sign_in(provider, social.someone(provider, person.email))
    assert browser.device.me().json()["id"] == person.id
    assert browser.device.me().json()["hasPassword"] is True
    assert person.device.signed_in()
    assert list(browser.identities()) == [provider]


def test_a_second_subject_of_the_same_provider_is_not_linked_by_address(
    social: Social, provider: str
) -> None:
    email = an_address()
    first = social.browser()
    first.sign_in(provider, social.someone(provider, email))
    assert social.browser().arrive(provider, social.someone(provider, email)) == {
        "error": "social_link_first"
    }
    assert first.device.signed_in()


def test_the_proven_owner_takes_a_squatters_account(social: Social, provider: str) -> None:
    """The squatter has a password, two devices and an identity of his own at another provider."""
    email = an_address()
    squatter = social.portal.a_person(email=email, firstName="Mallory", lastName="was here")
    other = next(name for name in PROVIDERS if name != provider)
    his = social.someone(other)
    nest = social.browser()
    nest.device.token = squatter.device.token
    assert nest.link(other, his).status_code == OK
    reset = squatter.ask_for_reset()
    second = social.browser()
    second.sign_in(other, his)
    assert second.device.me().json()["id"] == squatter.id

    owner = social.browser()
    account = squatter.id
    owner.sign_in(provider, social.someone(provider, email))

    assert owner.device.me().json()["id"] == account
    assert owner.device.me().json()["emailVerified"] is True
    assert owner.device.me().json()["hasPassword"] is False
    assert "Mallory" not in owner.device.me().text
    assert "was here" not in owner.device.me().text
    assert list(owner.identities()) == [provider]
    assert squatter.device.signed_out()
    assert second.device.signed_out()
    assert social.portal.device().login(email, squatter.password).status_code == BAD_REQUEST
    assert squatter.reset("another password 1234", reset).status_code == BAD_REQUEST
    stranger = social.browser()
    stranger.sign_in(other, his)
    assert stranger.device.me().json()["id"] != account


def test_another_provider_is_linked_in_the_settings_and_unlinked_again(social: Social, provider: str) -> None:
    other = next(name for name in PROVIDERS if name != provider)
    browser = social.browser()
    browser.sign_in(provider, social.someone(provider))
    account = browser.device.me().json()["id"]
    who = social.someone(other, "somebody-else@example.com")
    assert browser.link(other, who).status_code == OK
    assert sorted(browser.identities()) == sorted([provider, other])
    elsewhere = social.browser()
    elsewhere.sign_in(other, who)
    assert elsewhere.device.me().json()["id"] == account

    removed = browser.device.send("DELETE", f"/auth/identities/{browser.identities()[provider]}")
    assert removed.status_code == httpx.codes.NO_CONTENT
    last = browser.device.send("DELETE", f"/auth/identities/{browser.identities()[other]}")
    assert (last.status_code, last.json()["code"]) == (BAD_REQUEST, "last_sign_in_method")
    gone = browser.device.send("DELETE", "/auth/identities/nobody")
    assert (gone.status_code, gone.json()["code"]) == (httpx.codes.NOT_FOUND, "identity_not_found")


def test_a_disabled_person_is_not_let_in(social: Social, provider: str) -> None:
    email = an_address()
    who = social.someone(provider, email)
    browser = social.browser()
    browser.sign_in(provider, who)
    waiting = social.browser().arrive(provider, who)
    social.portal.run("user", "disable", email)
    assert browser.device.signed_out()
    assert social.browser().arrive(provider, who) == {"error": "social_link_first"}
    assert "code" in waiting
