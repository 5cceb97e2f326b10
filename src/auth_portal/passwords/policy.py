"""What a password must be: long enough, not common, not one's own name. Nothing about its composition."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from auth_portal.passwords.common_passwords import common_passwords
from auth_portal.passwords.rules import MOST_BYTES, PasswordRules

LONGEST_DECORATION = 4  # characters around a common word that make it no better: "sunshine123!"
SHORTEST_WORD = 4  # shorter names are in too many good passwords
EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
COMMON = "password is too common"
OWN = "password must not be made of your name, your address or the name of this site"


@dataclass(frozen=True)
class Policy:
    """NIST SP 800-63B-4 section 3.1.1.2 and ASVS 5.0 6.2: length and lists, no composition rules."""

    rules: PasswordRules

    def normalise(self, password: str) -> str:
        """The form that is counted and hashed: NFC, never trimmed or cut."""
        return unicodedata.normalize("NFC", password)

    def shape_faults(self, password: str) -> list[str]:
        """What makes a text unfit even to be tried at sign-in, where no other policy holds."""
        if len(password) > MOST_BYTES:
            return [self._too_long()]  # before normalising, which takes time on a huge text
        fresh = self.normalise(password)
        try:
            size = len(fresh.encode())
        except UnicodeEncodeError:
            return ["password must be text"]
        if len(fresh) > self.rules.longest or size > MOST_BYTES:
            return [self._too_long()]
        return ["password must not contain a NUL character"] if "\0" in fresh else []

    def faults(self, password: str, words: Iterable[str] = ()) -> list[str]:
        """All that is wrong with a new password, in the words that clients show; [] when it is good.

        `words` are the person's own: the local part of the address, the names.
        """
        faults = self.shape_faults(password)
        if faults:
            return faults
        fresh = self.normalise(password)
        if len(fresh) < self.rules.shortest:
            faults.append(f"password must be longer than or equal to {self.rules.shortest} characters")
        if _is_common(fresh):
            faults.append(COMMON)
        if _is_own(fresh, (*words, self.rules.app_name)):
            faults.append(OWN)
        return faults

    def _too_long(self) -> str:
        """In the words of the original."""
        return f"password must be shorter than or equal to {self.rules.longest} characters"


def _is_common(password: str) -> bool:
    """On the list in any case of letters, as it is or with a few characters put around it."""
    folded = password.casefold()
    return folded in common_passwords() or _core(folded) in common_passwords()


def _is_own(password: str, words: Iterable[str]) -> bool:
    """One of the words, or all of its parts, however spaced, with a few characters put around it."""
    folded = password.casefold()
    forms = {_squeezed(folded), _core(_squeezed(folded))}
    own = {_squeezed(unicodedata.normalize("NFC", word).casefold()) for word in words}
    return any(len(word) >= SHORTEST_WORD and word in forms for word in own)


def _core(folded: str) -> str:
    """The text without digits and signs at its ends, or all of it if those are many."""
    core = EDGES.sub("", folded)
    return core if len(folded) - len(core) <= LONGEST_DECORATION else folded


def _squeezed(folded: str) -> str:
    """Letters and digits only."""
    return "".join(letter for letter in folded if letter.isalnum())
