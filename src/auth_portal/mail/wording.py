"""Languages of letters: gettext catalogues read from their .po files when one is first needed."""

import gettext
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final

DOMAIN: Final = "letters"
SOURCE_LANGUAGE: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def catalogue(folder: Path, language: str) -> gettext.NullTranslations:
    """The catalogue of one language; the English source texts where there is none.

    Babel takes 60 ms to import, so it is imported when the first letter is written, not at start.
    """
    path = folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    if language == SOURCE_LANGUAGE or not path.exists():
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language, domain=DOMAIN))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@dataclass(frozen=True)
class Languages:
    """Which languages there are, and which of them a person reads."""

    folder: Path
    names: tuple[str, ...] = field(default=())

    @classmethod
    def found_in(cls, folder: Path) -> "Languages":
        """Every language with a catalogue under `folder`, English first."""
        found = {path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")}
        return cls(folder, (SOURCE_LANGUAGE, *sorted(found - {SOURCE_LANGUAGE})))

    def choose(self, locale: str | None) -> str:
        """The language for a BCP 47 tag such as `de-AT` or `pt_BR`; English for what we have not."""
        primary = (locale or "").replace("_", "-").partition("-")[0].lower()
        return primary if primary in self.names else SOURCE_LANGUAGE
