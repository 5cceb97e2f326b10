"""Checking a body field by field: every fault is noted, in the words that existing clients show."""

import re
import unicodedata
from dataclasses import dataclass, field

from auth_portal.accounts.email_address import normalise
from auth_portal.core.refusal import invalid
from auth_portal.http.body import Fields
from auth_portal.passwords.rules import MOST_BYTES

LONGEST_NAME = 100  # code points
LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
CONTROLS = frozenset({"Cc", "Zl", "Zp", "Cs"})  # right-to-left text and joiners are people's names


@dataclass(slots=True)
class Form:
    """One body under examination. Each method returns the value, or a blank one and notes the fault."""

    fields: Fields
    shortest: int  # of a password, code points
    longest: int
    faults: dict[str, str | list[str]] = field(default_factory=dict)

    def settle(self) -> None:
        """Raises one validation refusal with everything that was noted."""
        if self.faults:
            raise invalid(**self.faults)

    def name(self, key: str, longest: int = LONGEST_NAME) -> str:
        """A name: trimmed, not empty, no line breaks or other control characters."""
        typed = self._text(key)
        if typed is None:
            return ""
        trimmed = unicodedata.normalize("NFC", typed).strip() if len(typed) <= longest * 4 else typed
        if not trimmed:
            self.faults[key] = f"{key} should not be empty"
        elif len(trimmed) > longest:
            self.faults[key] = f"{key} must be shorter than or equal to {longest} characters"
        elif any(unicodedata.category(mark) in CONTROLS for mark in trimmed):
            self.faults[key] = f"{key} must not contain control characters"
        return trimmed

    def optional_name(self, key: str) -> str | None:
        """The same; None when it is not there."""
        return None if self.fields.get(key) is None else self.name(key)

    def email(self, key: str) -> str:
        """An address in its canonical form."""
        typed = self.fields.get(key)
        try:
            return normalise(typed) if isinstance(typed, str) else self._note(key, "must be an email")
        except ValueError:
            return self._note(key, "must be an email")

    def password(self, key: str) -> str:
        """A password that is to be compared: only its size is looked at, before anything is hashed."""
        typed = self._text(key)
        if typed is None or self._too_long(key, typed):
            return ""
        return typed or self._note(key, "should not be empty")

    def optional_password(self, key: str) -> str | None:
        """The same; None when it is not there."""
        return None if self.fields.get(key) is None else self.password(key)

    def new_password(self, key: str) -> str:
        """A password that is to be set: both lengths, in code points of its NFC form."""
        typed = self._text(key, missing=f"must be longer than or equal to {self.shortest} characters")
        if typed is None or self._too_long(key, typed):
            return ""
        if len(unicodedata.normalize("NFC", typed)) < self.shortest:
            return self._note(key, f"must be longer than or equal to {self.shortest} characters")
        return typed

    def token(self, key: str) -> str:
        """A link's token or a code: any text that is not empty; the flows know the rest."""
        typed = self._text(key)
        if typed is None:
            return ""
        return typed if typed.strip() else self._note(key, "should not be empty")

    def optional_text(self, key: str) -> str | None:
        """Any text; None when it is not there or empty."""
        if self.fields.get(key) is None:
            return None
        return self._text(key) or None

    def optional_locale(self, key: str) -> str | None:
        """A language tag (BCP 47); None when it is not there."""
        typed = self.fields.get(key)
        if typed is None:
            return None
        if not isinstance(typed, str) or LOCALE.fullmatch(typed) is None:
            return self._note(key, "must be a language tag") or None
        return typed.replace("_", "-")

    def _too_long(self, key: str, typed: str) -> bool:
        """Over the cap: looked at before normalising, which a megabyte would make dear."""
        fits = len(typed) <= MOST_BYTES * 2
        normal = unicodedata.normalize("NFC", typed) if fits else typed
        if not fits or len(normal) > self.longest or len(normal.encode()) > MOST_BYTES:
            self._note(key, f"must be shorter than or equal to {self.longest} characters")
            return True
        return False

    def _text(self, key: str, missing: str = "should not be empty") -> str | None:
        """A text, or None with the fault noted."""
        typed = self.fields.get(key)
        if isinstance(typed, str):
            return typed
        self._note(key, missing if typed is None else "must be a string")
        return None

    def _note(self, key: str, fault: str) -> str:
        """Note it; the blank stands in for the value."""
        self.faults[key] = f"{key} {fault}"
        return ""
