"""Finds variables that nobody reads and that look like ours: a misspelt setting must not be silent."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

OURS = ("AUTH_JWT_", "AUTH_REFRESH_", "AUTH_HASH_", "AUTH_SESSION_", "OIDC_")  # nobody else's prefixes
NEAR = 0.85


def unread(given: Mapping[str, str], read: Collection[str]) -> list[str]:
    """A sentence for each name that was not read and is close to one that is, or has a prefix of ours.

    Empty values are passed over: they would not count under the right name either.
    """
    known = sorted(read)
    said = []
    for name in sorted(set(given) - set(known)):
        if not given[name].strip():
            continue
        near = get_close_matches(name.upper(), known, n=1, cutoff=NEAR)
        if near:
            said.append(f"{name} is not read: is {near[0]} meant?")
        elif name.upper().startswith(OURS):
            said.append(f"{name} is not read: .env.example lists every setting")
    return said
