"""The languages of the pages: which there are, which one a visitor reads, and their catalogues."""

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

LOCALES = Path(__file__).parents[2] / "locales"
COOKIE = "portalLanguage"
MOST_WISHES = 20  # a header with more languages than that is no person's


@dataclass(frozen=True, slots=True)
class Language:
    """`code` as in `<html lang>`, `name` in its own words, `direction` ltr or rtl."""

    code: str
    name: str
    direction: str = "ltr"


ENGLISH = Language("en", "English")
LANGUAGES = (
    ENGLISH,
    Language("de", "Deutsch"),
    Language("es", "Español"),
    Language("fr", "Français"),
    Language("ar", "العربية", "rtl"),
)
BY_CODE = {language.code: language for language in LANGUAGES}


def choose(asked: str, remembered: str, accepted: str) -> Language:
    """The language asked for in the address, else the remembered one, else Accept-Language, else English."""
    for code in (asked, remembered):
        if code in BY_CODE:
            return BY_CODE[code]
    for code in _wishes(accepted):
        if code in BY_CODE:
            return BY_CODE[code]
    return ENGLISH


@dataclass(slots=True)
class Catalogues:
    """Reads each language's `portal.po` when it is first needed, and keeps it."""

    folder: Path = LOCALES
    read: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, language: Language) -> dict[str, str]:
        """English sentence to its translation; what is not translated is absent."""
        if language.code not in self.read:
            self.read[language.code] = self._load(language)
        return self.read[language.code]

    def source(self, language: Language) -> bytes:
        """The file as it is; nothing where there is none."""
        path = self.folder / language.code / "LC_MESSAGES" / "portal.po"
        return path.read_bytes() if path.is_file() else b""

    def _load(self, language: Language) -> dict[str, str]:
        """Babel takes 60 ms to import, so it is imported with the first page that needs it."""
        from babel.messages.pofile import read_po  # noqa: PLC0415 -- see above

        catalogue = read_po(BytesIO(self.source(language)), locale=language.code)
        return {str(line.id): str(line.string) for line in catalogue if line.id and line.string}


def _wishes(header: str) -> list[str]:
    """The primary subtags of Accept-Language (RFC 9110, 12.5.4), best first."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(",")[:MOST_WISHES]:
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > 0:
            wishes.append((-weight, tag.split("-")[0].strip().lower()))
    return [code for _, code in sorted(wishes, key=lambda wish: wish[0])]
