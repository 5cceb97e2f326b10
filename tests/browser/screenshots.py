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
        person = portal.a_person(confirmed=True, email="ada@northwind.example")
        person.another_device("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15")
        for name, options, language in SHOTS:
            person.device.send("PATCH", "/auth/me", {"locale": language})
            _take(browser, portal, person, name, {**options, "locale": language})
        browser.close()
        portal.stop()


def _take(browser: Browser, portal: Portal, person: Person, name: str, options: dict[str, object]) -> None:
    device = BrowserDevice.of(browser, portal, reduced_motion="reduce", **options)
    for place in (place for place in PLACES if not place.private):
        _shoot(device, place, name)
    device.sign_in(person).close()
    for place in (place for place in PLACES if place.private):
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
