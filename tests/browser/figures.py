"""`make page-figures`: bytes, first paint and layout shift of each page, in a real browser."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.device import BrowserDevice
from tests.browser.measure import measure
from tests.browser.places import PLACES, somebody_with_a_long_name
from tests.rig.browser import open_browser
from tests.rig.server import Portal


def main() -> None:
    """Print one line for each page; `--language ar` for the heaviest of the languages."""
    language = sys.argv[-1] if "--language" in sys.argv else "en"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        portal = Portal(Path(folder)).start()
        browser = open_browser(playwright)
        person = somebody_with_a_long_name(portal)
        person.device.send("PATCH", "/auth/me", {"locale": language})
        print(f"{'page':<18}{'requests':>9}{'kB sent':>9}{'kB unpacked':>13}{'paint ms':>10}{'shift':>8}")  # noqa: T201 -- a command prints
        for place in (place for place in PLACES if place.act is None):
            device = BrowserDevice.of(browser, portal, locale=language)
            if place.private:
                known = BrowserDevice.of(browser, portal, locale=language)
                known.sign_in(person).close()
                device.context.add_cookies(known.context.cookies())
                known.context.close()
            figures = measure(device, place)
            device.context.close()
            print(  # noqa: T201 -- a command prints
                f"{figures.name:<18}{figures.requests:>9}{figures.sent / 1000:>9.1f}"
                f"{figures.unpacked / 1000:>13.1f}{figures.painted:>10.0f}{figures.shift:>8.3f}"
            )
        browser.close()
        portal.stop()


if __name__ == "__main__":
    sys.exit(main())
