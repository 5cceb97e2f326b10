"""The pages that letters lead to: looking spends nothing, pressing the button does."""

import httpx
import pytest

from tests.browser.conftest import NewDevice
from tests.browser.device import BrowserDevice, seen, state
from tests.rig import ask
from tests.rig.letters import link_hash
from tests.rig.person import Person
from tests.rig.server import Portal

SCANNERS = ("Mozilla/5.0 (compatible; LinkScanner/1.0)", "curl/8.5.0", "Outlook-SafeLinks")


@pytest.mark.row("OL5")
def test_ol5_loading_a_links_page_with_scripts_spends_nothing(device: BrowserDevice, site: Portal) -> None:
    person = site.a_person()
    token = site.letters.hash(person.email, "Confirm email")
    sent: list[str] = []
    device.context.on("request", lambda request: sent.append(request.method))
    for _ in range(3):
        page = device.open(f"/auth/confirm-email?hash={token}")
        page.wait_for_selector("button[type=submit]:not([disabled])")
        page.wait_for_load_state("networkidle")
        page.close()
    assert set(sent) == {"GET"}
    assert not person.device.me().json()["emailVerified"]
    page = device.open(f"/auth/confirm-email?hash={token}")
    page.click("button[type=submit]")
    state(page, "done")
    assert person.device.me().json()["emailVerified"]


@pytest.mark.row("OL4")
def test_ol4_scanners_spend_nothing_and_learn_no_referrer(site: Portal) -> None:
    person = site.a_person(confirmed=True)
    token = person.ask_for_reset()
    for path in ("/auth/password-change", "/auth/confirm-email", "/auth/not-me"):
        for agent in SCANNERS:
            for method in ("GET", "HEAD"):
                answer = ask.request(
                    method, f"{site.url}{path}?hash={token}", headers={"User-Agent": agent}, timeout=30
                )
                assert answer.status_code == httpx.codes.OK
                assert answer.headers["referrer-policy"] == "no-referrer"
                assert answer.headers["cache-control"] == "no-store"
                assert token not in answer.text.replace(f"?hash={token}&amp;lang=", "")
    assert person.reset("another fine lantern 12", token).status_code == httpx.codes.OK


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/auth/confirm-email", "/auth/email/confirm"),
        ("/auth/password-change", "/auth/reset/password"),
        ("/auth/not-me", "/auth/not-me"),
    ],
)
def test_a_link_that_no_longer_works_says_what_to_do(device: BrowserDevice, path: str, error: str) -> None:
    device.expect(400, error)
    page = device.open(f"{path}?hash=aplk_of-no-letter-at-all-0000000000000000000")
    if page.locator("#password").count():
        page.fill("#password", "another fine lantern 12")
    page.click("button[type=submit]")
    state(page, "expired")
    assert page.inner_text("h1:visible") == "This link no longer works"
    page = device.open(path)  # without any hash
    state(page, "expired")
    page.click("[data-state=expired] a")
    page.wait_for_selector("[data-state=form]")


def test_this_was_not_me_ends_that_device(new_device: NewDevice, site: Portal) -> None:
    person = site.a_person(confirmed=True)
    stranger = person.another_device("Firefox on a stranger's machine", network="198.51.100.77")
    letter = next(
        letter
        for letter in _letters_of(site, person)
        if "/auth/not-me" in letter.get_body(("plain",)).get_content()
    )
    page = new_device().open(f"/auth/not-me?hash={link_hash(letter)}")
    page.click("button[type=submit]")
    state(page, "done")
    assert stranger.signed_out()
    page.click("[data-state=done] a")
    page.wait_for_url("**/auth/forgot-password")


def _letters_of(site: Portal, person: Person) -> list:  # type: ignore[type-arg]
    """All of them, once the one about the new device is there (it is the second)."""
    for count in range(1, 4):
        site.letters.wait(person.email, count=count)
        found = site.letters.all(person.email)
        if any("/auth/not-me" in letter.get_body(("plain",)).get_content() for letter in found):
            return found
    raise AssertionError("no letter about a new device")


def test_the_address_is_changed_by_the_letter_to_the_new_one(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    device.expect(400, "/auth/me/email")
    fresh = f"fresh.{person.email}"
    page.click("text=Change the address")
    page.fill("#newEmail", fresh)
    page.fill("#emailPassword", "not the password")
    page.click("#email-form button[type=submit]")
    page.wait_for_selector("#emailPassword-error:not([hidden])")
    assert page.inner_text("#emailPassword-error") == "This is not your password."
    page.fill("#emailPassword", person.password)
    page.click("#email-form button[type=submit]")
    page.wait_for_selector("#toast.shown")
    token = link_hash(device.portal.letters.wait(fresh))
    page.goto(f"/auth/confirm-email?hash={token}")
    page.click("button[type=submit]")
    state(page, "done")
    page.click("text=Continue")
    seen(page)
    assert page.inner_text("#email-now") == fresh
