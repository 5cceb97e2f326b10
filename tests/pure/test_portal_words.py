"""The pages' catalogues are whole, their language is well chosen, their colours can be read."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_portal.http.pages.assets import SENTENCE, STATIC
from auth_portal.http.pages.colour import DARK_SURFACE, LIGHT_SURFACE, contrast, icon, parse, shades, written
from auth_portal.http.pages.languages import LANGUAGES, Catalogues, choose
from auth_portal.http.pages.portal import TEMPLATES

IN_TEMPLATES = re.compile(r"""\b_\(\s*(?:"([^"]*)"|'([^']*)')\s*\)""")
NAMES = re.compile(r"\{\w+\}")


def said() -> Iterator[str]:
    """Every sentence of the pages and their scripts."""
    for path in TEMPLATES.glob("*.html"):
        for double, single in IN_TEMPLATES.findall(path.read_text()):
            yield double or single
    for path in STATIC.glob("*.js"):
        yield from SENTENCE.findall(path.read_text())


@pytest.mark.parametrize("code", ["de", "es", "fr", "ar"])
def test_every_sentence_is_translated_with_its_names_and_none_is_left_over(code: str) -> None:
    language = next(language for language in LANGUAGES if language.code == code)
    known, wanted = Catalogues().of(language), set(said())
    assert len(wanted) > 150
    assert known.keys() == wanted
    for sentence, translation in known.items():
        assert sorted(NAMES.findall(sentence)) == sorted(NAMES.findall(translation)), sentence


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "chosen"),
    [
        ("de", "fr", "es", "de"),
        ("xx", "fr", "es", "fr"),
        ("", "../..", "es-MX,en;q=0.5", "es"),
        ("", "", "en;q=0.2, ar;q=0.9", "ar"),
        ("", "", "de;q=0, fr", "fr"),
        ("", "", "pt, nl;q=0.8", "en"),
        ("", "", ";;,,q=,de;q=x", "en"),
        ("", "", "", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_then_remembered_then_accepted(
    asked: str, remembered: str, accepted: str, chosen: str
) -> None:
    assert choose(asked, remembered, accepted).code == chosen


@given(st.text(max_size=200))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert choose("", "", header) in LANGUAGES


@given(st.integers(0, 0xFFFFFF))
def test_any_accent_can_be_read_on_light_and_dark(value: int) -> None:
    accent = parse(f"#{value:06x}")
    for dark, surface in ((False, LIGHT_SURFACE), (True, DARK_SURFACE)):
        found = shades(accent, dark=dark)
        assert contrast(found.fill, found.on_fill) >= 4.5
        assert contrast(found.text, surface) >= 4.5


@pytest.mark.parametrize("text", ["", "blue", "#12", "#12345", "#gggggg", "url(//evil)", "#3b5bdb;}body{}"])
def test_what_is_no_colour_is_the_houses_own(text: str) -> None:
    assert written(parse(text)) == "#3b5bdb"


def test_the_icon_shows_a_letter_and_never_markup() -> None:
    assert ">É</text>" in icon("#fff", "école")
    assert "<script" not in icon("#fff", "<script>")
