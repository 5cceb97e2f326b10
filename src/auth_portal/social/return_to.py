"""Where a person may land afterwards: only where the settings say, only in one spelling."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from auth_portal.core.refusal import Refusal
from auth_portal.social.refusals import RETURN_TO_REFUSED

LONGEST = 512
# No "//", no "\", no "@", no ";", no "%", no control characters: browsers, proxies and servers
# disagree about each of them, and every open redirect lives in such a disagreement.
SEGMENT = r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*"
PATH = re.compile(rf"/(?:{SEGMENT}(?:/{SEGMENT})*/?)?")
TAIL = re.compile(r"(?:\?[A-Za-z0-9_.~=&+-]*)?(?:#[A-Za-z0-9_.~=&/-]*)?")
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?")


def checked(asked: str | None, allowed: Iterable[str]) -> str:
    """The place as asked for, "" when none was asked for. Raises RETURN_TO_REFUSED for any other.

    An entry of the list is a path (`/app`), a path with all below it (`/app/*`), or an origin
    (`https://app.example`, with every path on it).
    """
    if not asked:
        return ""
    if len(asked) <= LONGEST and any(_allows(entry, asked) for entry in allowed):
        return asked
    raise Refusal(RETURN_TO_REFUSED, cause="not on the list")


def is_entry(text: str) -> bool:
    """Whether the text can stand on the list: a path, a path with all below it, or an origin."""
    if text.startswith("/"):
        stem = text.removesuffix("/*") or "/"
        return _path_of(stem) == stem
    return ORIGIN.fullmatch(text.rstrip("/")) is not None


def _allows(entry: str, asked: str) -> bool:
    """Whether one entry of the list lets one land there."""
    if entry.startswith("/"):
        path = _path_of(asked)
        return path is not None and _under(entry, path)
    origin = entry.rstrip("/")
    rest = asked.removeprefix(origin)
    if ORIGIN.fullmatch(origin) is None or rest == asked or urlsplit(asked).scheme == "":
        return False
    return rest == "" or _path_of(rest) is not None


def _path_of(asked: str) -> str | None:
    """The path of a safely spelt relative reference; None for any other spelling."""
    found = PATH.match(asked)
    if found is None or TAIL.fullmatch(asked, found.end()) is None:
        return None
    return found[0]


def _under(entry: str, path: str) -> bool:
    """The path is the entry, or below it where the entry says so."""
    if entry.endswith("/*"):
        stem = entry.removesuffix("/*")
        return path == stem or path.startswith(f"{stem}/")
    return path == entry
