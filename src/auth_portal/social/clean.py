"""Words from elsewhere, cut to what our rows and pages can bear."""

import re
import unicodedata

from auth_portal.accounts.email_address import normalise
from auth_portal.social.provider import ProvedEmail, provider_failed

LONGEST_NAME = 100
LONGEST_SUBJECT = 255
LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
RELAY = re.compile(r"(?:users\.)?noreply\..+|(?:.+\.)?privaterelay\.appleid\.com")


def name(told: object) -> str:
    """A person's name without control characters, at most 100 code points; "" for what is none."""
    if not isinstance(told, str):
        return ""
    letters = (" " if unicodedata.category(mark) in {"Cc", "Zl", "Zp"} else mark for mark in told)
    kept = "".join(mark for mark in letters if unicodedata.category(mark) not in {"Cf", "Cs", "Co", "Cn"})
    return " ".join(kept.split())[:LONGEST_NAME].strip()


def two_names(told: object) -> tuple[str, str]:
    """A full name, split at the first space."""
    first, _, rest = name(told).partition(" ")
    return first, rest


def locale(told: object) -> str | None:
    """A language tag, or None."""
    return told if isinstance(told, str) and LOCALE.fullmatch(told) else None


def subject(told: object) -> str:
    """The provider's id of the person: printable ASCII, 1 to 255 characters (OpenID Core section 2).

    Raises `provider_failed` for anything else: two persons must never share one.
    """
    if not isinstance(told, str) or not 1 <= len(told) <= LONGEST_SUBJECT:
        raise provider_failed("no usable subject")
    if not all(" " <= mark <= "~" for mark in told):
        raise provider_failed("a subject that is not printable ASCII")
    return told


def email(told: object, *, verified: object, primary: bool = True) -> ProvedEmail | None:
    """The address in canonical form, None for what is no address.

    Only the JSON value true counts as verified: "true", 1 and a missing claim do not (nOAuth).
    """
    if not isinstance(told, str):
        return None
    try:
        address = normalise(told)
    except ValueError:
        return None
    host = address.rpartition("@")[2]
    private = RELAY.fullmatch(host) is not None
    return ProvedEmail(address, verified=verified is True, primary=primary, private=private)
