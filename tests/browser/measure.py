"""What a page weighs and how fast it comes, measured in the browser as Lighthouse would."""

from dataclasses import dataclass

from playwright.sync_api import Page, Request

from tests.browser.device import BrowserDevice
from tests.browser.places import Place

OBSERVE = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts += shift.value;
}).observe({ type: "layout-shift", buffered: true });
"""
PAINT = """() => performance.getEntriesByType("paint")
  .find((entry) => entry.name === "first-contentful-paint")?.startTime ?? 0"""


@dataclass(frozen=True)
class Figures:
    """One first load with an empty cache."""

    name: str
    requests: int
    sent: int  # bytes over the line, heads included
    unpacked: int  # bytes of all bodies
    painted: float  # ms to the first contentful paint
    shift: float  # cumulative layout shift


def measure(device: BrowserDevice, place: Place) -> Figures:
    """Load it once, wait until it is quiet."""
    device.context.add_init_script(OBSERVE)
    page = device.context.new_page()
    done: list[Request] = []
    page.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108 -- Playwright marks it
    page.goto(place.path)
    page.wait_for_load_state("networkidle")
    if place.private:
        page.wait_for_selector("#account:not([hidden])")
    page.wait_for_timeout(300)
    figures = _add_up(place, page, done)
    page.close()
    return figures


def _add_up(place: Place, page: Page, done: list[Request]) -> Figures:
    sizes = [request.sizes() for request in done]
    answers = [request.response() for request in done]
    unpacked = sum(len(answer.body()) for answer in answers if answer is not None and answer.status < 300)
    sent = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    return Figures(
        place.name, len(done), sent, unpacked, page.evaluate(PAINT), page.evaluate("window.shifts")
    )
