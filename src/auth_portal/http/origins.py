"""Which pages may speak to us: the rules of CORS and against requests that other sites make up."""

from dataclasses import dataclass

from auth_portal.http.answer import RawHeaders
from auth_portal.http.call import Call

SEEN = b"date, content-disposition, retry-after, x-request-id"
LIFE = b"600"  # seconds for which a browser remembers a preflight
METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"  # for any path: else its page cannot see a 404 or 405
OF_LIBRARIES = b"x-requested-with, traceparent, tracestate, baggage, sentry-trace"
ASKED = b"content-type, authorization, refresh, " + OF_LIBRARIES


@dataclass(frozen=True)
class Origins:
    """The allowed origins with the headers that each is answered; compared letter by letter."""

    allowed: dict[bytes, RawHeaders]

    def allows(self, call: Call) -> bool:
        """The request names an origin, and it is one of ours."""
        return call.headers.get(b"origin") in self.allowed

    def refuses_unsafe(self, call: Call) -> bool:
        """A page of another site makes the browser send this, and it is no front end of ours (CK3).

        Browsers always say `Sec-Fetch-Site`; what says nothing is no browser, or an old one that
        the cookies' SameSite and the preflight for JSON protect.
        """
        return call.headers.get(b"sec-fetch-site") == b"cross-site" and not self.allows(call)

    def trusts_cookie(self, call: Call) -> bool:
        """A cookie may count as credential: the origin is absent or allowed, and the site not another's.

        A front end on another site never gets its Strict cookie sent; it sends its tokens on purpose.
        """
        if call.headers.get(b"sec-fetch-site") == b"cross-site":
            return False
        return b"origin" not in call.headers or self.allows(call)

    def headers(self, call: Call) -> RawHeaders:
        """What CORS adds to an answer; nothing for origins that are not ours, never `*`."""
        origin = call.headers.get(b"origin")
        return self.allowed.get(origin, ()) if origin is not None else ()

    def preflight(self, call: Call) -> RawHeaders:
        """What a preflight is answered; nothing for origins that are not ours."""
        cors = self.headers(call)
        if not cors:
            return ()
        return (
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", ASKED),
            (b"access-control-max-age", LIFE),
        )


def origins_of(names: frozenset[str]) -> Origins:
    """Each origin's headers, made once."""
    return Origins(
        {
            name.encode("latin-1"): (
                (b"access-control-allow-origin", name.encode("latin-1")),
                (b"access-control-allow-credentials", b"true"),
                (b"access-control-expose-headers", SEEN),
            )
            for name in names
            if name
        }
    )
