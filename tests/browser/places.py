"""Every page with a person on it, as the tests of access, the figures and the pictures visit them."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.device import BrowserDevice, seen, state
from tests.rig.person import Person
from tests.rig.server import Portal

LONG = {
    "firstName": "Maximiliane-Alexandrina",
    "lastName": "von Hohenzollern-Sigmaringen-Oberhausen",
}


@dataclass(frozen=True)
class Place:
    """One page in one state; `act` brings it there."""

    name: str
    path: str
    private: bool = False
    act: Callable[[Page], None] | None = None

    def visit(self, device: BrowserDevice) -> Page:
        """Open it and bring it into its state."""
        page = device.open(self.path)
        if self.private:
            seen(page)
        if self.act is not None:
            self.act(page)
        page.evaluate("document.fonts.ready.then(() => null)")
        return page


def _with_faults(page: Page) -> None:
    page.click("button[type=submit]")
    page.wait_for_selector("[aria-invalid=true]")


def _strong(page: Page) -> None:
    page.fill("#firstName", "Ada")
    page.fill("#password", "violet otter drinks 9 lemonades")


def _sent(page: Page) -> None:
    page.fill("#email", "a.very.long.address.indeed@subdomain.of-a-long-company-name.example")
    page.click("button[type=submit]")
    state(page, "sent")


def _failed(page: Page) -> None:
    state(page, "failed")


def _opened(page: Page) -> None:
    for part in ("#email", "#password"):
        page.click(f"{part} summary")


def _asking(page: Page) -> None:
    page.click("#delete")
    page.wait_for_selector("#ask[open]")


PLACES = (
    Place("login", "/auth/login"),
    Place("login-faults", "/auth/login", act=_with_faults),
    Place("register", "/auth/register", act=_strong),
    Place("forgot-password", "/auth/forgot-password"),
    Place("forgot-sent", "/auth/forgot-password", act=_sent),
    Place("confirm-email", "/auth/confirm-email?hash=not-pressed"),
    Place("password-change", "/auth/password-change?hash=not-pressed"),
    Place("expired-link", "/auth/confirm-email"),
    Place("not-me", "/auth/not-me?hash=not-pressed"),
    Place("social-failed", "/auth/social?error=social_denied", act=_failed),
    Place("not-found", "/auth/no-such-page"),
    Place("account", "/", private=True),
    Place("account-forms", "/", private=True, act=_opened),
    Place("account-delete", "/", private=True, act=_asking),
)


def somebody_with_a_long_name(portal: Portal) -> Person:
    """Names and an address as long as they come, and a second device."""
    email = f"{'a.very.long.address.'}{portal.port}@subdomain.of-a-long-company-name.with-many-parts.example"
    person = portal.a_person(email=email, **LONG)
    person.another_device("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    return person
