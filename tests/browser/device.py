"""A person's browser in the tests: it notes everything that must never happen on a page."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request

from tests.rig.person import PASSWORD, Person
from tests.rig.server import Portal

WAIT = 30_000  # ms: generous, these machines are busy
VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
"""
REFUSED = "Failed to load resource: the server responded with a status of "


@dataclass
class BrowserDevice:
    """One browser context: its own cookies, as on a device of its own.

    `faults` are policy violations, errors on the console, exceptions and requests to others; the
    browser's own note of a 4xx counts too, unless the test said by `expect` that it would come.
    """

    context: BrowserContext
    portal: Portal
    faults: list[str] = field(default_factory=list)
    expected: set[tuple[int, str]] = field(default_factory=set)
    provoked: set[str] = field(default_factory=set)  # parts of faults that the test means to cause
    hosts: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)  # hosts of other people's pages: theirs to answer for

    @classmethod
    def of(cls, browser: Browser, portal: Portal, **options: Any) -> "BrowserDevice":
        """A fresh one; `options` as Playwright's `new_context` takes them."""
        context = browser.new_context(base_url=portal.url, **{"locale": "en-GB", **options})
        context.set_default_timeout(WAIT)
        context.add_init_script(VIOLATIONS)
        device = cls(context, portal, hosts={urlsplit(portal.url).netloc})
        context.on("console", device._console)
        context.on("weberror", lambda error: device.faults.append(f"exception: {error.error}"))
        context.on("request", device._request)
        context.on("requestfailed", device._cut_off)
        return device

    def expect(self, status: int, path: str) -> None:
        """A "no" of the API that this test provokes."""
        self.expected.add((status, f"/api{path}"))

    def open(self, path: str = "/") -> Page:
        """A new tab."""
        page = self.context.new_page()
        page.goto(path)
        return page

    def sign_in(self, person: Person, password: str | None = None) -> Page:
        """Through the page, until the account is seen."""
        page = self.open("/auth/login")
        page.fill("#email", person.email)
        page.fill("#password", password or person.password)
        page.click("button[type=submit]")
        seen(page)
        return page

    def close(self) -> None:
        """Close it; fails with what went wrong on any page."""
        self.context.close()
        left = [fault for fault in self.faults if not any(part in fault for part in self.provoked)]
        assert not left, left

    def _console(self, message: ConsoleMessage) -> None:
        elsewhere = message.page is not None and urlsplit(message.page.url).netloc in self.foreign
        if elsewhere or message.type not in {"error", "warning"}:
            return
        if message.text.startswith(REFUSED):
            status = int(message.text.removeprefix(REFUSED)[:3])
            if (status, urlsplit(message.location["url"]).path) in self.expected:
                return
        self.faults.append(f"console: {message.text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if not request.is_navigation_request() and urlsplit(request.frame.url).netloc in self.foreign:
            return
        if parts.scheme in {"http", "https"} and parts.netloc not in self.hosts:
            self.faults.append(f"third party: {request.url}")

    def _cut_off(self, request: Request) -> None:
        if request.is_navigation_request():
            self.faults.append(f"a navigation was cut off: {request.url} ({request.failure})")


def seen(page: Page) -> None:
    """The account has been drawn."""
    page.wait_for_selector("#account:not([hidden])")


def state(page: Page, name: str) -> None:
    """The page shows this of its states, and no other."""
    page.wait_for_selector(f"[data-state={name}]:not([hidden])")
    assert page.locator("[data-state]:not([hidden])").count() == 1


def until(page: Page, expression: str) -> None:
    """Wait for it to be true. Playwright's own way needs `eval`, which the pages' policy forbids."""
    deadline = time.monotonic() + WAIT / 1000
    while not _true(page, expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(50)


def _true(page: Page, expression: str) -> bool:
    try:
        return bool(page.evaluate(expression))
    except Error:  # the page was just being left
        return False


def client(page: Page, expression: str) -> Any:
    """Evaluate with the page's own `client`, the one its scripts use."""
    return page.evaluate(
        f"""async () => {{
          const address = document.querySelector('link[href$="/page.js"]').href;
          const {{ client }} = await import(address);
          return await ({expression});
        }}"""
    )


def begin(page: Page, expression: str) -> None:
    """Start the same without waiting for it; `outcome` waits."""
    page.evaluate(
        f"""() => {{
          const address = document.querySelector('link[href$="/page.js"]').href;
          window.begun = import(address).then(({{ client }}) => {expression})
            .then((value) => ({{ value }}), (error) => ({{ error: `${{error.status}} ${{error.code}}` }}));
        }}"""
    )


def outcome(page: Page) -> Any:
    """What came of `begin`: `{value}` or `{error}`."""
    return page.evaluate("() => window.begun")


__all__ = ["PASSWORD", "WAIT", "BrowserDevice", "begin", "client", "outcome", "seen", "state", "until"]
