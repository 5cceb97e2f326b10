"""Light pages: under 60 kB at the first load, and nothing jumps."""

from tests.browser.conftest import NewDevice
from tests.browser.measure import measure
from tests.browser.places import PLACES
from tests.rig.person import Person

MOST_BYTES = 60_000
MOST_SHIFT = 0.01


def test_each_page_is_light_and_stands_still(new_device: NewDevice, person: Person) -> None:
    for place in (place for place in PLACES if place.act is None):
        device = new_device()
        device.expected.add((404, place.path))
        if place.private:
            cookies = new_device()
            cookies.sign_in(person).close()
            device.context.add_cookies(cookies.context.cookies())  # known, but with an empty cache
        figures = measure(device, place)
        assert figures.sent < MOST_BYTES, figures
        assert figures.shift <= MOST_SHIFT, figures
