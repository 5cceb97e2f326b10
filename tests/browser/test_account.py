"""The account page: everything one may do there, with two browsers as two devices."""

import json

import httpx
from playwright.sync_api import Route

from tests.browser.conftest import NewDevice
from tests.browser.device import BrowserDevice, seen, until
from tests.rig.person import Person
from tests.rig.server import Portal

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "Version/18.0 Mobile Safari/604.1"
)


def test_names_and_language_are_changed(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    page.fill("#lastName", "King-Noel <b>of</b> Lovelace")
    page.click("#profile-form button[type=submit]")
    page.wait_for_selector("#toast.shown")
    assert page.inner_text("#greeting") == "Ada King-Noel <b>of</b> Lovelace"
    page.select_option("#locale", "ar")
    page.click("#profile-form button[type=submit]")
    page.wait_for_selector("html[lang=ar]")
    seen(page)
    assert page.get_attribute("html", "dir") == "rtl"
    assert page.inner_text("#sign-out") == "تسجيل الخروج"
    page.click("footer [hreflang=de]")
    page.wait_for_selector("html[lang=de]")
    seen(page)
    assert person.device.me().json()["locale"] == "de"
    assert "lang=" not in page.url


def test_the_persons_language_wins_over_the_browsers(new_device: NewDevice, person: Person) -> None:
    person.device.send("PATCH", "/auth/me", {"locale": "fr"})
    device = new_device(locale="es-ES")
    page = device.open("/auth/login")
    assert page.get_attribute("html", "lang") == "es"
    page = device.sign_in(person)
    page.wait_for_selector("html[lang=fr]")
    seen(page)
    assert page.inner_text("#sign-out") == "Se déconnecter"


def test_the_password_is_changed_and_others_are_signed_out(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    device.expect(400, "/auth/me/password")
    page.click("text=Change the password")
    page.fill("#currentPassword", "not the password")
    page.fill("#newPassword", "quite another lantern 5")
    page.click("#password-form button[type=submit]")
    page.wait_for_selector("#currentPassword-error:not([hidden])")
    page.click("[data-peek][aria-controls=newPassword]")
    assert page.get_attribute("#newPassword", "type") == "text"
    page.fill("#currentPassword", person.password)
    page.click("#password-form button[type=submit]")
    page.wait_for_selector("#toast.shown")
    assert page.get_attribute("#newPassword", "type") == "password", "what is typed next is covered"
    assert person.device.signed_out()
    page.reload()
    seen(page)
    assert page.inner_text("#password-now").startswith("Last changed")


def test_two_devices_see_name_and_end_each_other(new_device: NewDevice, person: Person) -> None:
    desk, phone = new_device(), new_device(user_agent=PHONE, viewport={"width": 390, "height": 800})
    there, here = phone.sign_in(person), desk.sign_in(person)
    rows = here.locator("#device-list .row")
    assert rows.count() == 3
    assert rows.nth(0).locator("[data-current]").is_visible()
    mobile = rows.filter(has_text="iPhone")
    mobile.locator("[data-rename]").click()
    here.keyboard.press("Control+A")
    here.keyboard.type("Ada's phone")
    here.keyboard.press("Enter")
    named = rows.filter(has_text="Ada's phone")
    named.wait_for()
    until(here, 'document.activeElement.ariaLabel === "Rename Ada\'s phone"')
    named.locator("[data-end]").click()
    named.wait_for(state="detached")
    until(here, "document.activeElement.id === 'devices-title'")
    phone.expect(401, "/auth/events")
    phone.expect(401, "/auth/refresh")
    phone.expect(401, "/auth/info-session")
    there.reload()
    there.wait_for_url("**/auth/login")
    assert person.device.signed_in()
    here.click("#end-others")
    here.click("#ask-yes")
    until(here, "document.querySelectorAll('#device-list .row').length === 1")
    until(here, "document.activeElement.id === 'devices-title'")
    assert person.device.signed_out()


def test_a_regional_language_is_shown_as_we_have_it_and_kept(device: BrowserDevice, person: Person) -> None:
    person.device.send("PATCH", "/auth/me", {"locale": "de-AT"})
    page = device.sign_in(person)
    page.wait_for_selector("html[lang=de]")
    seen(page)
    assert page.input_value("#locale") == "de"
    page.fill("#lastName", "King")
    page.click("#profile-form button[type=submit]")
    page.wait_for_selector("#toast.shown")
    me = person.device.me().json()
    assert (me["lastName"], me["locale"]) == ("King", "de-AT")
    assert "unter Linux" in page.inner_text("#device-list")


def test_coming_back_to_the_tab_one_sees_what_happened_elsewhere(device: BrowserDevice, site: Portal) -> None:
    person = site.a_person()
    page = device.sign_in(person)
    assert page.is_visible("#unconfirmed")
    person.confirm()
    page.evaluate("void document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    page.wait_for_selector("#email-good:not([hidden])")
    assert page.is_hidden("#unconfirmed")
    device.expect(401, "/auth/info-session")
    person.device.send("DELETE", "/auth/sessions")
    page.evaluate("void document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    page.wait_for_url("**/auth/login")


def test_signing_out_everywhere_ends_this_device_too(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    page.click("#end-all")
    page.click("#ask-no")
    assert page.is_visible("#account")
    page.click("#end-all")
    page.click("#ask-yes")
    page.wait_for_url("**/auth/login")
    assert person.device.signed_out()


def test_recent_activity_is_told_and_there_is_more(device: BrowserDevice, site: Portal) -> None:
    person = site.a_person(confirmed=True)
    for _ in range(8):
        person.another_device()
    page = device.sign_in(person)
    rows = page.locator("#event-list li")
    before = rows.count()
    assert before == 10
    assert "Signed in" in rows.nth(0).inner_text() or "New device" in rows.nth(0).inner_text()
    page.click("#more-events")
    until(page, "document.querySelectorAll('#event-list li').length > 10")
    assert "Account created" in page.inner_text("#event-list")


def test_ones_data_is_taken_along_and_the_account_deleted(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    with page.expect_download() as waiting:
        page.click("#export")
    assert person.email in json.dumps(json.loads(waiting.value.path().read_text()))
    device.expect(400, "/auth/me")
    page.click("#delete")
    page.fill("#askPassword", "not the password")
    page.click("#ask-yes")
    page.wait_for_selector("#askPassword-error:not([hidden])")
    page.fill("#askPassword", person.password)
    page.click("#ask-yes")
    page.wait_for_url("**/auth/login")
    again = person.device.client.post(
        "/auth/login", json={"email": person.email, "password": person.password}
    )
    assert again.status_code == httpx.codes.BAD_REQUEST


def test_what_is_under_way_cannot_be_called_off_by_closing_its_question(
    device: BrowserDevice, person: Person
) -> None:
    """Else the dialog looks called off, and a moment later the account is gone."""
    device.provoked.add("Failed to load resource: net::ERR_FAILED")
    page = device.sign_in(person)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "DELETE":
            held.append(route)
        else:
            route.fallback()

    page.route("**/api/auth/me", hold)
    page.click("#delete")
    page.fill("#askPassword", person.password)
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#ask form').ariaBusy === 'true'")
    page.click("#ask-no")
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('#ask').open")
    while not held:
        page.wait_for_timeout(50)
    held[0].abort()
    until(page, "document.querySelector('#ask form').ariaBusy === 'false'")
    page.click("#ask-no")
    assert not page.evaluate("document.querySelector('#ask').open")
    assert person.device.signed_in(), "nothing had reached the server"


def test_a_no_that_the_pages_have_no_words_for_is_said_in_the_readers_language(
    new_device: NewDevice,
) -> None:
    page = new_device(locale="de-DE").open("/auth/login")
    said = page.evaluate(
        """async () => {
          const page = document.querySelector('link[href$="/page.js"]').href;
          const { sentenceOf, faultsOf } = await import(page.replace("/page.js", "/errors.js"));
          const { AuthError } = await import(page.replace("/page.js", "/client.js"));
          const unknown = { code: "session_not_found", message: "There is no such session." };
          const errors = { firstName: "firstName must not contain control characters" };
          const fault = faultsOf(new AuthError(400, { errors })).firstName;
          return [sentenceOf(new AuthError(404, unknown)), fault];
        }"""
    )
    assert said[0].startswith("Etwas ist schiefgegangen"), said
    assert "control characters" in said[1], "better in English than about one's own name"
