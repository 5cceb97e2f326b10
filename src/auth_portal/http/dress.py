"""The fixed headers of every answer, made once (ASVS 5.0 3.4.1-3.4.6, 14.3.2)."""

from auth_portal.http.answer import Answer, Dress, RawHeaders
from auth_portal.http.rules import HttpRules

VARY: RawHeaders = ((b"vary", b"Origin"),)
COMMON: RawHeaders = (
    *VARY,
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
STRICT: RawHeaders = ((b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),)
UNKEPT: RawHeaders = ((b"cache-control", b"no-store"),)
HSTS: RawHeaders = ((b"strict-transport-security", b"max-age=63072000; includeSubDomains"),)


def wardrobe(rules: HttpRules) -> dict[Dress, RawHeaders]:
    """What each dress consists of; HSTS only where we are on https, elsewhere it is ignored anyway."""
    common = COMMON + HSTS if rules.secure else COMMON
    return {
        Dress.API: common + STRICT + UNKEPT,
        Dress.PUBLIC: common + STRICT,
        Dress.PAGE: common + STRICT + UNKEPT,
    }


def worn(answer: Answer, dresses: dict[Dress, RawHeaders]) -> RawHeaders:
    """The fixed headers of this answer; a page's own ones win, but `Vary: Origin` always stands."""
    fixed = dresses[answer.dress]
    if answer.dress is not Dress.PAGE:
        return fixed
    own = {name for name, _ in answer.headers}
    return VARY + tuple(header for header in fixed[1:] if header[0] not in own)
