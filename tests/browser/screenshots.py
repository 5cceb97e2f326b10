"""`make screenshots`: every page in light, dark and phone width, and a few in Arabic, into docs/pictures."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.device import BrowserDevice
from tests.browser.places import PLACES, Place
from tests.rig.browser import open_browser
from tests.rig.person import Person
from tests.rig.server import Portal

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PHONE_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
LAPTOP_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
FEW = {"login", "register", "password-change", "account"}  # are enough to see right-to-left
DESK, PHONE = {"width": 1080, "height": 760}, {"width": 390, "height": 760}
SHOTS = (
    ("light", {"viewport": DESK, "color_scheme": "light"}, "en"),
    ("dark", {"viewport": DESK, "color_scheme": "dark"}, "en"),
    ("phone", {"viewport": PHONE, "color_scheme": "light"}, "en"),
    ("arabic", {"viewport": PHONE, "color_scheme": "dark"}, "ar"),
)


def main() -> None:
    """Take them all with a server of their own."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    settings = {
        "APP_NAME": "Northwind",
        "CLIENT_ID_GOOGLE": "pictures",
        "CLIENT_SECRET_GOOGLE": "pictures",
        "CLIENT_ID_GITHUB": "pictures",
        "CLIENT_SECRET_GITHUB": "pictures",
    }
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        portal = Portal(Path(folder), settings).start()
        browser = open_browser(playwright)
        person = portal.a_person(
            confirmed=True, email="ada@northwind.example", user_agent=PHONE_AGENT, network="203.0.113.7"
        )
        person.another_device(LAPTOP_AGENT, network="2001:db8:85a3::8a2e")
        for name, options, language in SHOTS:
            person.device.send("PATCH", "/auth/me", {"locale": language})
            _take(browser, portal, person, name, {**options, "locale": language})
        browser.close()
        portal.stop()


def _take(browser: Browser, portal: Portal, person: Person, name: str, options: dict[str, object]) -> None:
    sender = {"X-Forwarded-For": "198.51.100.23"}
    device = BrowserDevice.of(browser, portal, reduced_motion="reduce", extra_http_headers=sender, **options)
    wanted = [place for place in PLACES if name != "arabic" or place.name in FEW]
    for place in (place for place in wanted if not place.private):
        _shoot(device, place, name)
    device.sign_in(person).close()
    for place in (place for place in wanted if place.private):
        _shoot(device, place, name)
    device.context.close()


def _shoot(device: BrowserDevice, place: Place, name: str) -> None:
    page = place.visit(device)
    page.wait_for_timeout(200)
    file = PICTURES / f"{place.name}-{name}.png"
    page.screenshot(path=file, full_page=place.name == "account", animations="disabled")
    print(file.name, f"{file.stat().st_size // 1000} kB")  # noqa: T201 -- a command prints
    page.close()


if __name__ == "__main__":
    sys.exit(main())
