"""One request as the handlers see it: lazily read, nothing computed that nobody asks for."""

from typing import Any

from starlette.requests import cookie_parser
from starlette.types import Receive, Scope

from auth_portal.sessions.recognise import Present

LONGEST_AGENT = 512


class Call:
    """Headers by lower-case name; one that came twice is joined, as RFC 9110 section 5.3 has it."""

    __slots__ = ("_cookies", "body", "headers", "parameters", "present", "receive", "scope", "trace")

    def __init__(self, scope: Scope, receive: Receive, trace: str) -> None:
        self.scope = scope
        self.receive = receive
        self.trace = trace
        self.parameters: dict[str, str] = {}
        self.body: Any = None  # what the route's checker returned
        self.present: Present | None = None  # with Guard.ACCESS
        self.headers: dict[bytes, bytes] = _joined(scope["headers"])
        self._cookies: dict[str, str] | None = None

    def header(self, name: bytes) -> str:
        """The value as text, "" when it did not come; only HTTP's own white space is trimmed (RFC 9110)."""
        return self.headers.get(name, b"").decode("latin-1").strip(" \t")

    def each(self, name: bytes) -> list[str]:
        """The values one by one, for headers of which two that differ must be seen."""
        if name not in self.headers:
            return []
        return [value.decode("latin-1").strip(" \t") for key, value in self.scope["headers"] if key == name]

    def cookie(self, name: str) -> str:
        """A cookie's value, "" when it did not come."""
        if self._cookies is None:
            raw = self.headers.get(b"cookie")
            self._cookies = cookie_parser(raw.decode("latin-1")) if raw else {}
        return self._cookies.get(name, "")

    @property
    def user_agent(self) -> str:
        """As it came, at most 512 characters, without what no log or page can bear."""
        raw = self.headers.get(b"user-agent", b"")[:LONGEST_AGENT]
        text = raw.decode("utf-8", "replace")
        return text if text.isprintable() else "".join(mark for mark in text if mark.isprintable())

    @property
    def bearer(self) -> str:
        """The credential of `Authorization: Bearer` (RFC 6750 section 2.1), "" without one."""
        return bearer_of(self.header(b"authorization"))

    @property
    def who(self) -> Present:
        """Whoever is signed in; only routes with Guard.ACCESS may ask."""
        if self.present is None:
            raise RuntimeError("the route has no guard")
        return self.present


def _joined(sent: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """All of them by name; a joined pair of credentials matches nothing, so none is preferred silently."""
    headers = dict(sent)
    if len(headers) == len(sent):
        return headers
    headers.clear()
    for name, value in sent:
        if name in headers:
            glue = b"; " if name == b"cookie" else b", "
            headers[name] = headers[name] + glue + value
        else:
            headers[name] = value
    return headers


def bearer_of(authorization: str) -> str:
    """The credential in a value of `Authorization`, "" when its scheme is another."""
    scheme, _, credential = authorization.partition(" ")
    return credential.strip(" \t") if scheme.lower() == "bearer" else ""
