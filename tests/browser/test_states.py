"""The faces that pages have when something is in the way: limits, no line, no script, no page."""

import re

import httpx
from playwright.sync_api import Route

from tests.browser.conftest import NewDevice
from tests.browser.device import BrowserDevice, seen, state, until
from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.person import Person
from tests.rig.server import Portal


def test_too_many_tries_count_down_and_the_button_rests(
    new_device: NewDevice, start_portal: StartPortal
) -> None:
    portal = start_portal(RATE_LIMITS="on")
    person = portal.a_person(confirmed=True)
    device = new_device(portal)
    device.expect(400, "/auth/login")
    device.expect(429, "/auth/login")
    page = device.open("/auth/login")
    page.fill("#email", person.email)
    for attempt in range(6):
        page.fill("#password", f"wrong number {attempt}")
        with page.expect_response("**/auth/login"):
            page.click("button[type=submit]")
        page.wait_for_selector("form[aria-busy=false] [role=alert]:not([hidden])")
    clock = page.locator(".clock")
    first = clock.inner_text()
    assert page.is_disabled("button[type=submit]")
    assert "Too many tries" in page.inner_text("[role=alert]")
    page.wait_for_timeout(1500)
    assert clock.inner_text() < first


def test_the_button_wakes_when_the_time_is_over(device: BrowserDevice) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=429, json={"code": "too_many_requests", "message": "no", "retryAfter": 1})

    device.expect(429, "/auth/forgot/password")
    page = device.open("/auth/forgot-password")
    page.route("**/auth/forgot/password", refuse)
    page.fill("#email", "somebody@example.com")
    page.click("button[type=submit]")
    page.wait_for_selector(".clock")
    page.wait_for_selector("button[type=submit]:not([disabled])")
    assert page.is_hidden("[role=alert]")


def test_without_a_line_the_pages_say_so_and_try_again(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    device.provoked.add("ERR_INTERNET_DISCONNECTED")  # the browser notes it on its console
    device.context.set_offline(True)
    page.wait_for_selector("#offline:not([hidden])")
    page.click("#sign-out")
    page.wait_for_selector("#away:not([hidden])")
    assert "offline" in page.inner_text("#away")
    device.context.set_offline(False)
    page.wait_for_selector("#offline", state="hidden")
    assert page.evaluate("document.activeElement.textContent") == "We cannot reach the server"
    page.click("#again")
    seen(page)
    until(page, "document.activeElement.id === 'main'")
    assert person.device.signed_in()


def test_a_server_that_has_no_time_is_told_from_being_signed_out(
    device: BrowserDevice, person: Person
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"code": "unavailable", "message": "later", "retryAfter": 1})

    device.sign_in(person).close()
    device.expect(503, "/auth/info-session")
    device.context.route("**/auth/info-session", refuse)
    page = device.open("/")
    page.wait_for_selector("#away:not([hidden])")
    assert "busy" in page.inner_text("#away")
    device.context.unroute("**/auth/info-session")
    page.click("#again")
    seen(page)


def test_without_scripts_the_pages_say_what_they_need(new_device: NewDevice, site: Portal) -> None:
    device = new_device(java_script_enabled=False)
    page = device.open("/auth/login")
    assert "JavaScript" in page.inner_text("noscript")
    assert page.is_disabled("button[type=submit]")
    page.goto("/?lang=fr")
    assert page.get_attribute("html", "lang") == "fr"
    page.click("footer [hreflang=de]")
    assert page.get_attribute("html", "lang") == "de"
    page.click("text=Konto anlegen")
    assert page.get_attribute("html", "lang") == "de"
    assert site.url in page.url


def test_an_address_that_leads_nowhere_has_a_page(device: BrowserDevice) -> None:
    for path in ("/auth/no-such-page", "/nowhere/at/all"):
        page = device.context.new_page()
        device.expected.add((404, path))
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == httpx.codes.NOT_FOUND
        assert page.inner_text("h1") == "There is no such page"


def test_an_address_that_must_be_confirmed_first_is_said_so(device: BrowserDevice) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=403, json={"code": "email_unconfirmed", "message": "confirm first"})

    device.expect(403, "/auth/login")
    page = device.open("/auth/login")
    page.route("**/auth/login", lambda route: refuse(route) if route.request.method == "POST" else None)
    page.fill("#email", "somebody@example.com")
    page.fill("#password", "whatever it may be")
    page.click("button[type=submit]")
    state(page, "unconfirmed")


def test_every_page_brings_its_own_strict_policy(site: Portal) -> None:
    for path in ("/", "/auth/login", "/auth/social", "/auth/no-such-page"):
        headers = ask.get(f"{site.url}{path}", headers={"Accept": "text/html"}, timeout=30).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
    assert ask.get(f"{site.url}/", timeout=30).headers["cache-control"] == "no-store"
    page = ask.get(f"{site.url}/auth/login", timeout=30).text
    script = re.search(r'src="(/portal/[^"]+)"', page)
    assert script is not None
    assert "immutable" in ask.get(f"{site.url}{script[1]}", timeout=30).headers["cache-control"]


def test_change_password_is_found_where_password_managers_look(device: BrowserDevice, person: Person) -> None:
    page = device.open("/.well-known/change-password")
    assert page.url == f"{device.portal.url}/auth/login#password"
    page.fill("#email", person.email)
    page.fill("#password", person.password)
    page.keyboard.press("Enter")
    seen(page)
    assert page.is_visible("#newPassword")


def test_a_server_that_never_answers_is_waited_for_no_longer_than_patience(device: BrowserDevice) -> None:
    page = device.open("/auth/login")
    page.route("**/auth/info-session", lambda _route: None)
    said = page.evaluate(
        """async () => {
          const { AuthClient } = await import("/portal/client.js");
          const client = new AuthClient({ patience: 200 });
          return client.restore().then(() => "an answer", (error) => error.code);
        }"""
    )
    assert said == "offline"


def test_with_the_portal_off_only_the_api_is_there(start_portal: StartPortal) -> None:
    bare = start_portal(PORTAL="off")
    for path in ("/", "/auth/login", "/portal/client.js"):
        assert ask.get(f"{bare.url}{path}", timeout=30).status_code == httpx.codes.NOT_FOUND
    assert ask.get(f"{bare.api}/auth/config", timeout=30).status_code == httpx.codes.OK
