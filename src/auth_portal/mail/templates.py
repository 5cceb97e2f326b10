"""Renders letters: one folder of templates per letter, one layout, the words in the reader's language."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from auth_portal.mail.content import Content
from auth_portal.mail.facts import clean, clean_name, device_parts, instant, spoken_duration, spoken_instant
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.rules import MailRules
from auth_portal.mail.wording import RIGHT_TO_LEFT, Languages, catalogue

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"
LOCALES = HERE.parent / "locales"

LINKS = {
    LetterKind.CONFIRM_EMAIL: "/auth/confirm-email",
    LetterKind.CONFIRM_NEW_EMAIL: "/auth/confirm-email",
    LetterKind.RESET_PASSWORD: "/auth/password-change",
    LetterKind.NEW_DEVICE: "/auth/not-me",
}
OUR_PAGES = {LetterKind.NEW_DEVICE}
DEFAULT_ACCENT = "#3b5bdb"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
MIDDLE_GREY = 0.179  # relative luminance at which black and white ink contrast alike (WCAG 2.2)
BLANK_LINES = re.compile(r"\n{3,}")


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour` (`#rrggbb`)."""

    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004

    red, green, blue = linear(colour[1:3]), linear(colour[3:5]), linear(colour[5:7])
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > MIDDLE_GREY else "#ffffff"


def isolated(fact: str) -> Markup:
    """The fact, escaped, kept from turning the direction of the sentence around it."""
    return Markup("<bdi>{}</bdi>").format(fact)


def environment(language: str) -> "Environment":
    """The templates in one language. HTML escapes every fact; nothing of a fact is ever a template."""
    from jinja2 import (  # noqa: PLC0415 -- heavy, and a start writes no letter
        Environment,
        FileSystemLoader,
        StrictUndefined,
        select_autoescape,
    )

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.globals["bdi"] = isolated
    words = catalogue(LOCALES, language)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    return made


@dataclass(frozen=True)
class Templates:
    """The renderer of `Post`. Languages are read when first needed and then kept: there are few."""

    rules: MailRules
    languages: Languages = field(default_factory=lambda: Languages.found_in(LOCALES))
    _environments: dict[str, "Environment"] = field(default_factory=dict, repr=False)

    def __call__(
        self, kind: LetterKind, facts: dict[str, str], locale: str | None, now: datetime, until: datetime
    ) -> Content:
        """The letter in the reader's language, English if there is no such catalogue."""
        language = self.languages.choose(locale)
        known = self._facts(kind, facts, language, now, until)
        subject = self._template(language, f"{kind.value}/subject.txt", known)
        text = self._template(language, f"{kind.value}/body.txt", known)
        html = self._template(language, f"{kind.value}/body.html", known)
        return Content(
            subject=" ".join(subject.split()),
            text=BLANK_LINES.sub("\n\n", text).strip() + "\n",
            html=html,
        )

    def _template(self, language: str, name: str, facts: dict[str, str]) -> str:
        """One rendered template."""
        known = self._environments.get(language)
        if known is None:
            known = self._environments[language] = environment(language)
        return known.get_template(name).render(facts)

    def _facts(
        self, kind: LetterKind, facts: dict[str, str], language: str, now: datetime, until: datetime
    ) -> dict[str, str]:
        """Every variable that templates may use; those without a value are empty."""
        not_before = instant(facts.get("not_before"))
        token = clean(facts.get("hash", "")) if not_before is None else ""
        browser, system = device_parts(clean(facts.get("device", "")))
        accent = self.rules.accent if COLOUR.fullmatch(self.rules.accent) else DEFAULT_ACCENT
        return {
            "language": language,
            "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
            "app": clean(self.rules.app_name),
            "home": self.rules.frontend,
            "accent": accent,
            "ink": ink_on(accent),
            "logo": self.rules.logo_url or "",
            "name": clean_name(facts.get("name", "")),
            "link": f"{self._origin(kind)}{LINKS[kind]}?hash={token}" if token and kind in LINKS else "",
            "time": spoken_duration(until - now, language),
            "device": browser,
            "system": system,
            "ip": clean(facts.get("ip", "")),
            "when": spoken_instant(instant(facts.get("when")) or now, language),
            "provider": clean(facts.get("provider", "")),
            "new_email": clean(facts.get("new_email", ""), 254),
            "not_before": spoken_instant(not_before, language) if not_before else "",
        }

    def _origin(self, kind: LetterKind) -> str:
        """Where the page of that kind of letter is."""
        return self.rules.our_pages if kind in OUR_PAGES else self.rules.frontend
