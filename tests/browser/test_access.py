"""Every page for everybody: axe-core in light and dark, narrow screens, five languages."""

from pathlib import Path

import pytest

from tests.browser.conftest import NewDevice
from tests.browser.device import BrowserDevice
from tests.browser.places import PLACES, somebody_with_a_long_name
from tests.rig.person import Person
from tests.rig.scale import storming
from tests.rig.server import Portal

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
SCHEMES = {"light": RULES, "dark": OF_COLOURS}  # the schemes differ in nothing but colours
LANGUAGES = ("en", "de", "es", "fr", "ar")
WIDEST = ("en", "de", "ar")  # long words, and the other direction: the usual run looks at these
CROWDED = {
    "login-faults",
    "register",
    "forgot-sent",
    "password-change",
    "not-me",
    "account-forms",
    "account-delete",
}
OVERFLOW = """() => [...document.querySelectorAll("body *")].filter((part) => {
  const box = part.getBoundingClientRect();
  return box.width > 1 && !part.closest(".skip") && (box.right > innerWidth + 1 || box.left < -1);
}).map((part) => part.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def longest(site: Portal) -> Person:
    """Somebody whose name and address test every line."""
    return somebody_with_a_long_name(site)


def _signed_in(
    new_device: NewDevice, person: Person, **options: object
) -> tuple[BrowserDevice, BrowserDevice]:
    """A device for the pages before, and one on which the person is signed in."""
    known = new_device(**options)
    known.sign_in(person).close()
    return new_device(**options), known


@pytest.mark.parametrize("private", [False, True], ids=["before", "account"])
def test_axe_finds_nothing_serious_in_light_or_dark(
    new_device: NewDevice, longest: Person, *, private: bool
) -> None:
    stranger, known = _signed_in(new_device, longest, reduced_motion="reduce")
    device = known if private else stranger
    found = []
    for place in (place for place in PLACES if place.private == private):
        device.expected.add((404, place.path))
        page = place.visit(device)
        page.evaluate(AXE)
        for scheme, rules in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            options = {"runOnly": rules, "resultTypes": ["violations"]}
            result = page.evaluate("(options) => axe.run(document, options)", options)
            grave = [one for one in result["violations"] if one["impact"] in {"serious", "critical"}]
            said = [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in grave]
            found += [(place.name, scheme, *one) for one in said]
        page.close()
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES if storming() else WIDEST)
def test_nothing_runs_over_the_edge_of_a_narrow_screen(
    new_device: NewDevice, longest: Person, language: str
) -> None:
    longest.device.send("PATCH", "/auth/me", {"locale": language})
    stranger, known = _signed_in(new_device, longest, viewport={"width": 320, "height": 640}, locale=language)
    over = {}
    for place in (place for place in PLACES if place.name in CROWDED):
        device = known if place.private else stranger
        page = place.visit(device)
        assert page.get_attribute("html", "lang") == language
        beyond = page.evaluate(OVERFLOW)
        if beyond or page.evaluate("document.documentElement.scrollWidth") > 320:
            over[place.name] = beyond
        page.set_viewport_size({"width": 390, "height": 640})
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            over[f"{place.name}, letters twice as large"] = page.evaluate(OVERFLOW)
        assert language == "en" or " on Linux" not in page.inner_text("body")
        page.close()
    assert over == {}
