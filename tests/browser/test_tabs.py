"""Several tabs of one device: one refresh, one sign-out, and nothing private out of a cache."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from tests.browser.conftest import NewDevice
from tests.browser.device import BrowserDevice, begin, client, outcome, seen, until
from tests.conftest import StartPortal
from tests.rig.person import Person

TABS = 5
PRIVATE = "() => document.documentElement.outerHTML"


def test_five_tabs_refresh_at_once_and_none_is_signed_out(
    new_device: NewDevice, start_portal: StartPortal
) -> None:
    portal = start_portal()
    person = portal.a_person(confirmed=True)
    device = new_device(portal)
    tabs = [device.sign_in(person), *(device.open("/") for _ in range(TABS - 1))]
    for tab in tabs:
        seen(tab)
    watch = _Refreshes(device)
    tabs[0].reload()
    seen(tabs[0])
    assert watch.count == 0, "INFO is enough while its token lives"
    for step in range(3):
        portal.move_clock(20 * 60)  # every access token is over; the pages do not know it
        device.expect(401, "/auth/me")
        for tab in tabs:
            begin(tab, "client.call('GET', '/auth/me')")
        answers = [outcome(tab) for tab in tabs]
        assert [answer.get("value", {}).get("email") for answer in answers] == [person.email] * TABS
        assert watch.most == 1, "two refreshes were under way at once"
        assert watch.count < (step + 1) * TABS
    for tab in tabs:
        tab.reload()
        seen(tab)


def test_loading_five_tabs_with_a_token_that_is_over_refreshes_one_at_a_time(
    new_device: NewDevice, start_portal: StartPortal
) -> None:
    portal = start_portal(AUTH_JWT_TOKEN_EXPIRES_IN="4s")
    person = portal.a_person(confirmed=True)
    device = new_device(portal)
    tabs = [device.sign_in(person), *(device.context.new_page() for _ in range(TABS - 1))]
    for path in ("sessions", "events", "identities"):
        device.expect(401, f"/auth/{path}")  # a token may end while its request is on its way
    until(tabs[0], "performance.now() > 4000")
    watch = _Refreshes(device)
    for tab in tabs:
        tab.goto("/", wait_until="commit")
    for tab in tabs:
        seen(tab)
    assert watch.most == 1
    assert watch.count >= 1


class _Refreshes:
    """Counts refreshes and how many were under way at once."""

    def __init__(self, device: BrowserDevice) -> None:
        self.count, self.most = 0, 0
        self.running: set[Request] = set()
        device.context.on("request", self._begin)
        device.context.on("requestfinished", self._end)
        device.context.on("requestfailed", self._end)

    def _begin(self, request: Request) -> None:
        if request.url.endswith("/auth/refresh"):
            self.count += 1
            self.running.add(request)
            self.most = max(self.most, len(self.running))

    def _end(self, request: Request) -> None:
        self.running.discard(request)


def test_signing_out_in_one_tab_signs_the_others_out(device: BrowserDevice, person: Person) -> None:
    first = device.sign_in(person)
    second = device.open("/")
    seen(second)
    first.click("#sign-out")
    for tab in (first, second):
        tab.wait_for_url("**/auth/login")
        assert person.email not in tab.evaluate(PRIVATE)


def test_another_person_in_another_tab_leaves_nothing_of_the_first(
    device: BrowserDevice, person: Person
) -> None:
    other = device.portal.a_person(confirmed=True, firstName="Mary")
    first = device.sign_in(person)
    second = device.open("/auth/forgot-password")
    client(second, f"client.signIn({other.email!r}, {other.password!r}).then(() => null)")
    until(first, f"!document.documentElement.outerHTML.includes({person.email!r})")
    seen(first)
    assert first.inner_text("#email-now") == other.email


def test_what_is_asked_on_one_persons_page_is_not_done_as_another(
    new_device: NewDevice, start_portal: StartPortal
) -> None:
    """Who signs in at a front end of another origin tells no tab of ours."""
    portal = start_portal(AUTH_JWT_TOKEN_EXPIRES_IN="4s")
    ada, mary = portal.a_person(confirmed=True), portal.a_person(confirmed=True, firstName="Mary")
    device = new_device(portal)
    page = device.sign_in(ada)
    said = {"email": mary.email, "password": mary.password}
    assert device.context.request.post("/api/auth/login", data=said, headers={"Origin": portal.url}).ok
    for path in ("me", "sessions", "events", "identities"):
        device.expect(401, f"/auth/{path}")
    page.wait_for_timeout(4500)  # the token is over; the page does not know it
    page.click("#profile-form button[type=submit]")
    until(page, f"!document.documentElement.outerHTML.includes({ada.email!r})")
    seen(page)
    assert page.inner_text("#email-now") == mary.email
    assert mary.device.refresh().status_code == 200
    assert mary.device.me().json()["firstName"] == "Mary"


def test_who_looks_again_at_anothers_page_finds_nothing_typed_by_the_first(
    device: BrowserDevice, person: Person
) -> None:
    other = device.portal.a_person(confirmed=True, firstName="Mary")
    page = device.sign_in(person)
    page.click("#email summary")
    page.fill("#newEmail", "typed-by-ada@example.com")
    said = {"email": other.email, "password": other.password}
    assert device.context.request.post("/api/auth/login", data=said, headers={"Origin": device.portal.url}).ok
    page.evaluate("void dispatchEvent(new Event('visibilitychange'))")
    until(page, f"document.querySelector('#email-now').textContent === {other.email!r}")
    assert page.input_value("#newEmail") == ""


def test_back_after_signing_out_shows_nothing_private(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    page.goto("/auth/forgot-password")
    elsewhere = device.open("/")
    seen(elsewhere)
    elsewhere.click("#sign-out")
    elsewhere.wait_for_url("**/auth/login")
    device.expect(401, "/auth/info-session")
    page.go_back(wait_until="commit")
    page.wait_for_url("**/auth/login")
    assert person.email not in page.evaluate(PRIVATE)


def test_a_page_kept_in_the_back_forward_cache_is_blank_and_asks_again(
    device: BrowserDevice, person: Person
) -> None:
    page = device.sign_in(person)
    _turn(page, "pagehide")
    kept = page.evaluate(PRIVATE)
    assert person.email not in kept
    assert "Lovelace" not in kept
    assert page.evaluate(
        "[...document.querySelectorAll('input')].every((input) => !input.value.includes('Ada'))"
    )
    _turn(page, "pageshow")
    seen(page)
    assert page.inner_text("#email-now") == person.email
    _turn(page, "pagehide")
    device.context.clear_cookies()
    device.expect(401, "/auth/info-session")
    left: list[str] = []
    page.on("request", lambda request: left.append(request.url) if request.is_navigation_request() else None)
    _turn(page, "pageshow")
    until(page, "location.pathname === '/auth/login'")
    assert len(left) == 1, "the page is left once: a second time would cut the first one off"


def _turn(page: Page, kind: str) -> None:
    page.evaluate(f"void dispatchEvent(new PageTransitionEvent({kind!r}, {{ persisted: true }}))")


def test_the_client_shows_its_token_to_our_origin_only(device: BrowserDevice, person: Person) -> None:
    page = device.sign_in(person)
    device.provoked.add("other.example")
    shown: list[tuple[str, bool]] = []
    device.context.on(
        "request",
        lambda request: shown.append((urlsplit(request.url).netloc, "authorization" in request.headers)),
    )
    told = client(page, "client.fetch('/api/auth/me').then((answer) => answer.json())")
    assert told["email"] == person.email
    assert (urlsplit(device.portal.url).netloc, True) in shown
    begin(page, "client.fetch('https://other.example/secrets')")  # the pages' policy stops it as well
    assert "error" in outcome(page)
    assert ("other.example", True) not in shown
