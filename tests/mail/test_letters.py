"""What letters say: every kind in every language, and nothing that a stranger smuggled in (IN12, OL7)."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from auth_portal.mail.content import Content
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.templates import LINKS, LOCALES, TEMPLATES, Templates, ink_on
from tests.mail.desk import FACTS, NOW, RULES

ENGLISH = Templates(RULES)
LANGUAGES = ("en", "de", "es", "fr", "ar")
EVERY = [(kind, language) for kind in LetterKind for language in LANGUAGES]
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def written(kind: LetterKind, locale: str | None = "en", **facts: str) -> Content:
    """A letter that is good for half an hour."""
    return ENGLISH(kind, FACTS | facts, locale, NOW, NOW + timedelta(minutes=30))


class Reader(HTMLParser):
    """What a mail program sees: tags with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""
        self.attributes: dict[str, str | None] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if tag == "html":
            self.attributes = named
        if tag == "a":
            self.addresses.append(named["href"] or "")

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_each_letter_is_complete_in_each_language(kind: LetterKind, language: str) -> None:
    content = written(kind, language)
    reader = Reader(content.html)
    assert content.subject
    assert "\n" not in content.subject
    assert reader.attributes == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}
    assert "Tea & Co" in content.text
    assert "Tea & Co" in reader.words
    assert "Ada" in content.text
    assert "<bdi>Tea &amp; Co</bdi>" in content.html
    assert language == "en" or " on Linux" not in content.text + content.html
    for mark in ("%(", "{{", "{%", "None"):
        assert mark not in content.text + content.html
    if kind in LINKS:
        link = f"https://tea.example{LINKS[kind]}?hash=aplk_token"
        assert content.text.count(link) == 1
        assert reader.addresses.count(link) == 2
    else:
        assert "hash=" not in content.text + content.html


def test_no_two_languages_say_the_same() -> None:
    for kind in LetterKind:
        assert len({written(kind, language).text for language in LANGUAGES}) == len(LANGUAGES)
        assert len({written(kind, language).subject for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_each_catalogue_has_every_word_with_its_placeholders(language: str) -> None:
    methods = [("**.*", "jinja2")]
    found = {
        str(entry[2])
        for entry in extract_from_dir(str(TEMPLATES), methods, {"**.*": {"newstyle_gettext": "yes"}})
    }
    with (LOCALES / language / "LC_MESSAGES" / "letters.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    have = {str(message.id): str(message.string) for message in catalogue if message.id}
    assert found == set(have)
    for source_text, translated in have.items():
        assert translated
        assert set(PLACEHOLDER.findall(translated)) == set(PLACEHOLDER.findall(source_text))


def test_the_subjects_that_clients_know() -> None:
    assert written(LetterKind.CONFIRM_EMAIL).subject == "Confirm email"
    assert written(LetterKind.RESET_PASSWORD).subject == "Reset password"


@pytest.mark.parametrize(
    ("locale", "greeting"),
    [
        ("de-AT", "Guten Tag"),
        ("fr_CA", "Bonjour"),
        ("ES", "Hola"),
        ("tlh", "Hello"),
        (None, "Hello"),
        ("../x", "Hello"),
    ],
)
def test_the_language_is_the_readers_or_english(locale: str | None, greeting: str) -> None:
    assert written(LetterKind.CONFIRM_EMAIL, locale).text.startswith(greeting)


def test_a_reset_that_is_not_possible_yet_says_from_when_and_has_no_link() -> None:
    content = written(LetterKind.RESET_PASSWORD, not_before="2026-03-05T10:00:00+00:00")
    assert "March 5, 2026, 10:00 UTC" in content.text
    assert "hash=" not in content.text + content.html


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (30, "30 minutes"),
        (1, "1 minute"),
        (60, "60 minutes"),
        (90, "90 minutes"),
        (24 * 60, "24 hours"),
        (7 * 24 * 60, "7 days"),
    ],
)
def test_how_long_a_link_works_is_said_in_whole_units(minutes: int, said: str) -> None:
    content = ENGLISH(LetterKind.CONFIRM_EMAIL, FACTS, "en", NOW, NOW + timedelta(minutes=minutes))
    assert f"works for {said}," in content.text


def test_a_notice_names_device_address_and_time() -> None:
    text = written(LetterKind.NEW_DEVICE, when="2026-03-01T08:09:10+00:00").text
    assert "Firefox on Linux" in text
    assert "192.0.2.1" in text
    assert "March 1, 2026, 08:09 UTC" in text


@pytest.mark.row("IN12")
@pytest.mark.parametrize("fact", ["name", "device", "ip", "new_email"])
def test_html_and_template_marks_in_facts_stay_words(fact: str) -> None:
    evil = "<img src=x onerror=alert(1)>{{7*7}}{% raw %}&\"'%(app)s"
    plain = Reader(written(LetterKind.NEW_DEVICE).html)
    for kind in LetterKind:
        content = written(kind, **{fact: evil})
        reader = Reader(content.html)
        assert "img" not in reader.tags
        assert "<img" not in content.html
        assert "49" not in content.text.replace("&", "")
        if evil in content.text:
            assert evil in reader.words
    assert "img" not in plain.tags


@pytest.mark.row("IN12")
def test_a_name_is_one_short_line_without_direction_marks() -> None:
    content = written(LetterKind.CONFIRM_EMAIL, name="Ada\r\nBcc: eve\u202egnp" + "x" * 10_000)
    first = content.text.splitlines()[0]
    assert first.startswith("Hello Ada Bcc: evegnp")
    assert len(first) < 80
    assert "\u202e" not in content.text + content.html


@pytest.mark.parametrize("name", ["http://evil.example", "www.evil", "WIN at evil.example now", "eve@evil"])
def test_a_name_that_is_an_advertisement_is_not_carried(name: str) -> None:
    content = written(LetterKind.CONFIRM_EMAIL, name=name)
    assert content.text.startswith("Hello,")
    assert "evil" not in content.text + content.html


@pytest.mark.row("OL7")
def test_links_lead_to_the_configured_origin_only() -> None:
    for kind in LetterKind:
        addresses = Reader(written(kind).html).addresses
        assert all(address.startswith("https://tea.example") for address in addresses)


def test_a_letter_shows_the_apps_colour_and_logo() -> None:
    dressed = Templates(replace(RULES, accent="#ffcc00", logo_url="https://tea.example/logo.png"))
    html = dressed(LetterKind.CONFIRM_EMAIL, FACTS, "en", NOW, NOW + timedelta(hours=1)).html
    assert 'src="https://tea.example/logo.png" alt="Tea &amp; Co"' in html
    assert "background-color:#ffcc00" in html
    assert "color:#000000" in html
    assert ink_on("#3b5bdb") == "#ffffff"


def test_a_colour_that_is_none_is_not_written_into_the_page() -> None:
    odd = Templates(replace(RULES, accent='red;"><script>'))
    html = odd(LetterKind.CONFIRM_EMAIL, FACTS, "en", NOW, NOW + timedelta(hours=1)).html
    assert "<script" not in html


def test_every_kind_has_its_folder() -> None:
    for kind in LetterKind:
        names = {path.name for path in Path(TEMPLATES / kind.value).iterdir()}
        assert names == {"subject.txt", "body.txt", "body.html"}


@given(st.text(max_size=300), st.sampled_from(list(LetterKind)))
@settings(max_examples=60, deadline=None)
def test_no_name_breaks_a_letter(name: str, kind: LetterKind) -> None:
    usual = Reader(written(kind).html).tags
    content = written(kind, name=name)
    tags = Reader(content.html).tags
    assert [tag for tag in tags if tag != "bdi"] == [tag for tag in usual if tag != "bdi"]
    content.text.encode()
