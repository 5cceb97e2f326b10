"""Reads single values of foreign rows: texts, instants, addresses; whatever was written there."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from auth_portal.accounts.email_address import normalise
from auth_portal.core.clock import from_milliseconds
from auth_portal.moving.arrival import Remark

LONGEST_NAME = 255
LONGEST_ID = 64
UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
ID_FORM = re.compile(r"[A-Za-z0-9._:-]+")
Understood = Callable[[str], bool]
"""True for a stored hash in a form that sign-in can check."""

MARKS_OF_TRUTH = frozenset({"true", "1", "yes"})


@dataclass
class Values:
    """One raw row, read value by value; `remarks` fills up on the way."""

    raw: dict[str, object]
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, remark: Remark) -> None:
        """Say it once."""
        if remark not in self.remarks:
            self.remarks.append(remark)

    def name(self, key: str) -> str:
        """A name without control characters, at most 255 code points; absent is empty."""
        value = self.raw.get(key)
        if value is None:
            return ""
        text = value if isinstance(value, str) else ""
        clean = UNSTORABLE.sub("", text)[:LONGEST_NAME]
        if clean != value:
            self.remark(Remark.NAME_CLEANED)
        return clean

    def text(self, key: str) -> str | None:
        """A text without surrounding space; None when absent, empty or no text."""
        value = self.raw.get(key)
        if not isinstance(value, str):
            return None
        return UNSTORABLE.sub("", value).strip() or None

    def email(self, key: str = "email") -> str | None:
        """The address in our canonical form; None, and a remark, when there is none."""
        value = self.raw.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            self.remark(Remark.NO_EMAIL)
            return None
        try:
            if isinstance(value, str):
                return normalise(value)
        except (ValueError, UnicodeError):
            pass
        self.remark(Remark.EMAIL_UNUSABLE)
        return None

    def instant(self, key: str) -> datetime | None:
        """An instant; None when absent, None and a remark when unreadable."""
        value = self.raw.get(key)
        if value is None or value == "":
            return None
        found = read_instant(value)
        if found is None:
            self.remark(Remark.DATE_GUESSED)
        return found

    def password_hash(self, key: str, understood: Understood) -> str | None:
        """A hash that sign-in can check; anything else is no password, and a remark."""
        value = self.raw.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and understood(value):
            return value
        self.remark(Remark.HASH_UNUSABLE)
        return None

    def truth(self, key: str) -> bool:
        """True for a true, a one, "true", "1", "yes"."""
        value = self.raw.get(key)
        return value is True or value == 1 or (isinstance(value, str) and value.lower() in MARKS_OF_TRUTH)


def read_instant(value: object) -> datetime | None:
    """A datetime, ISO 8601 text or milliseconds as an aware UTC instant in whole milliseconds."""
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            found = from_milliseconds(int(value))
        elif isinstance(value, str):
            found = datetime.fromisoformat(value)
        elif isinstance(value, datetime):
            found = value
        else:
            return None
        aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        utc = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def read_id(value: object) -> str | None:
    """An id that is safe to keep as it is; None otherwise."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if len(text) <= LONGEST_ID and ID_FORM.fullmatch(text) else None
