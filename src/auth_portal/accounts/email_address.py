"""How an e-mail address is written here: normalised once, then compared exactly."""

import re
import unicodedata

MOST_CHARACTERS = 254
MOST_LOCAL_BYTES = 64  # RFC 5321 section 4.5.3.1.1; no relay takes a longer one
# What nearly everybody types is its own canonical form, and needs no library to be recognised. Doubled
# hyphens, and with them A-labels, are left to the library, as is all that is not letters, digits, `._+-`.
PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:(?=[a-z0-9-]{1,63}\.)[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,63}"
)


def normalise(typed: str) -> str:
    """The one canonical form of an address: trimmed, lower-cased, domain in IDNA A-label form.

    Raises ValueError for what is no address. Validation runs on the normalised text (a form that
    only becomes an address by compatibility folding, such as U+FF20 for "@", is refused), so no
    two spellings of one address make two accounts, and none folds into somebody else's
    (CVE-2019-19844). Sub-addresses (`a+b@`) stay apart. At most 254 characters.
    """
    trimmed = typed.strip()
    plain = trimmed.lower() if trimmed.isascii() and len(trimmed) <= MOST_CHARACTERS else ""
    return plain if PLAIN.fullmatch(plain) else examined(trimmed)


def examined(trimmed: str) -> str:
    """The canonical form of any address, worked out by the library. Raises ValueError as `normalise`."""
    lowered = unicodedata.normalize("NFC", trimmed).lower()
    if unicodedata.normalize("NFKC", lowered) != lowered or len(lowered) > MOST_CHARACTERS:
        raise ValueError("email must be an email")
    local_part, ascii_domain = _parts(lowered)
    if len(local_part.encode()) > MOST_LOCAL_BYTES:
        raise ValueError("email must be an email")
    canonical = f"{local_part}@{ascii_domain}".lower()
    if len(canonical) > MOST_CHARACTERS or any(mark in canonical for mark in "\r\n\0"):
        raise ValueError("email must be an email")
    return canonical


def _parts(lowered: str) -> tuple[str, str]:
    """The part before the "@" and the domain in A-labels. Raises ValueError for what is no address."""
    from email_validator import (  # noqa: PLC0415 -- compiles its patterns first: a twentieth of a second
        SPECIAL_USE_DOMAIN_NAMES,
        EmailNotValidError,
        validate_email,
    )

    # The library's own switch: names of private networks (`corp.local`) are addresses to who works there.
    SPECIAL_USE_DOMAIN_NAMES.clear()
    try:
        valid = validate_email(
            lowered,
            check_deliverability=False,
            allow_smtputf8=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
            test_environment=True,
        )
    except EmailNotValidError:
        raise ValueError("email must be an email") from None
    return valid.local_part, valid.ascii_domain or ""
