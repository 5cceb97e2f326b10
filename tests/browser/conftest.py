"""What the tests of the pages share: one server for each worker, one browser for each file."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.device import BrowserDevice
from tests.rig.browser import open_browser
from tests.rig.person import Person
from tests.rig.server import Portal

NewDevice = Callable[..., BrowserDevice]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real Chromium, closed with the file.

    Playwright keeps an event loop running in this thread; a test of another file may ask for one of its own.
    """
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A running server with all its pages; leave its clock and settings alone."""
    settings = {"APP_NAME": "Northwind"}
    shared = Portal(tmp_path_factory.mktemp("site"), settings).start()
    yield shared
    shared.stop()


@pytest.fixture
def new_device(chromium: Browser, site: Portal) -> Iterator[NewDevice]:
    """Makes devices; at the end none may have seen a fault."""
    with ExitStack() as stack:

        def make(portal: Portal | None = None, **options: object) -> BrowserDevice:
            device = BrowserDevice.of(chromium, portal or site, **options)
            stack.callback(device.close)
            return device

        yield make


@pytest.fixture
def device(new_device: NewDevice) -> BrowserDevice:
    """One device."""
    return new_device()


@pytest.fixture
def person(site: Portal) -> Person:
    """Somebody with a confirmed address."""
    return site.a_person(confirmed=True)
