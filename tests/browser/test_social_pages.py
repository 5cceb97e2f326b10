"""Signing in through a provider, and what the landing page makes of addresses that others wrote."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewDevice
from tests.browser.device import BrowserDevice, seen, state
from tests.rig.person import Person
from tests.rig.providers.mock import MockProvider
from tests.rig.server import Portal


@pytest.fixture(scope="module")
def acme() -> Iterator[MockProvider]:
    """An OpenID provider."""
    with MockProvider().serving() as provider:
        yield provider


@pytest.fixture(scope="module")
def social_site(tmp_path_factory: pytest.TempPathFactory, acme: MockProvider) -> Iterator[Portal]:
    """A server that knows it."""
    settings = {
        "OIDC_ACME_ISSUER": acme.url,
        "OIDC_ACME_CLIENT_ID": acme.client_id,
        "OIDC_ACME_CLIENT_SECRET": acme.client_secret,
        "OIDC_ACME_LABEL": "Acme",
    }
    portal = Portal(tmp_path_factory.mktemp("social"), settings).start()
    yield portal
    portal.stop()


@pytest.fixture
def visitor(new_device: NewDevice, social_site: Portal, acme: MockProvider) -> BrowserDevice:
    """A browser that may also talk to the provider."""
    device = new_device(social_site)
    device.hosts.add(urlsplit(acme.url).netloc)
    device.foreign.add(urlsplit(acme.url).netloc)
    device.context.route("https://**", lambda route: route.abort())  # its page's fonts and styles
    return device


def _agree(page: Page, who: str) -> None:
    page.fill("input[name=sub]", who)
    page.locator("input[name=sub]").press("Enter")


def test_signing_in_linking_and_unlinking_go_through_the_pages(
    visitor: BrowserDevice, social_site: Portal, acme: MockProvider
) -> None:
    email = f"person-{uuid4().hex[:8]}@example.com"
    person = social_site.a_person(confirmed=True)
    who = acme.add(
        f"s{uuid4().hex[:8]}", email=email, email_verified=True, given_name="Joan", family_name="Clarke"
    )
    page = visitor.open("/auth/login")
    page.click("text=Continue with Acme")
    _agree(page, who)
    seen(page)
    assert page.inner_text("#greeting") == "Joan Clarke"
    assert "code=" not in page.url
    assert page.inner_text("#password-summary") == "Set a password"
    page.click("#sign-out")
    page.wait_for_url("**/auth/login")

    other = acme.add(f"s{uuid4().hex[:8]}", email=f"other.{email}", email_verified=True)
    page = visitor.sign_in(person)
    page.click("[data-link=acme]")
    _agree(page, other)
    seen(page)
    linked = page.locator("#method-list .row").filter(has_text="Acme")
    linked.wait_for()
    linked.locator("[data-unlink]").click()
    page.click("#ask-yes")
    linked.wait_for(state="detached")
    assert page.is_visible("[data-link=acme]")


@pytest.mark.row("SO17")
def test_so17_someone_elses_tokens_or_code_in_the_address_sign_nobody_in(
    device: BrowserDevice, person: Person
) -> None:
    device.expect(400, "/auth/social/exchange")
    tokens = person.device.token, person.device.refresh_token
    page = device.open(f"/auth/social?token={tokens[0]}&refreshToken={tokens[1]}&expiresIn=3600000")
    state(page, "failed")
    assert tokens[0] not in page.url
    assert device.context.cookies() == []
    page = device.open("/auth/social?code=somebody-elses-code")
    state(page, "failed")
    assert "code=" not in page.url
    assert device.context.cookies() == []


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("social_denied", "The sign-in was cancelled."),
        ("social_link_first", "Sign in the usual way and link this service in your account."),
        ("<img src=x onerror=alert(1)>", "Something went wrong. Please try again."),
    ],
)
def test_a_refusal_is_said_in_words(device: BrowserDevice, code: str, sentence: str) -> None:
    page = device.context.new_page()
    page.goto(f"/auth/social?error={code}")
    state(page, "failed")
    assert page.inner_text("[data-cause]") == sentence
