"""How an answer leaves: what goes with any answer is added, and most are written in one piece.

ASGI sends an answer in two messages, and the server looks at every header of the first one again.
Those of ours that stand in each answer were looked at when they were made, so under our own server
an answer that succeeded goes out in one write, with the same bytes, and together with the other
answers of its turn of the loop (decision 14). Elsewhere, and whenever the connection is to be closed
or cannot be written to, the two messages are sent.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from auth_portal.http.answer import JSON, Answer, Dress, RawHeaders
from auth_portal.http.call import Call
from auth_portal.http.dress import worn
from auth_portal.http.origins import Origins

EXIT = "auth_portal.exit"  # in the scope: an Exit, under our own server
NO_BODY = frozenset({204, 304})
SUCCESS = range(200, 300)
UNFIT = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # no value of a header may hold these (RFC 9110 section 5.5)


class Exit(NamedTuple):
    """The server's own object for one request and its answer, and how bytes leave its connection."""

    cycle: RequestResponseCycle
    leave: Callable[[bytes], None]


def sealed(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The lines of these headers. Raises ValueError for a value that would break the head (CWE-113)."""
    lines = []
    for name, value in headers:
        if UNFIT.search(value) is not None:
            raise ValueError(f"no value of {name!r} can look like this")
        lines.append(b"%b: %b\r\n" % (name, value))
    return b"".join(lines)


JSON_LINES = sealed(JSON)
Usual = tuple[list[tuple[bytes, bytes]], bytes]  # what the server adds to any answer, and its lines


@dataclass(frozen=True)
class Outlet:
    """Adds the dress, CORS, request id and length; HEAD is told the length and spared the rest."""

    dresses: dict[Dress, RawHeaders]
    origins: Origins
    _lines: dict[Dress, bytes] = field(init=False, repr=False)
    _usual: list[Usual] = field(default_factory=lambda: [([], b"")], init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the lines that every answer of a dress has; a page's own headers replace some of them."""
        lines = {dress: sealed(fixed) for dress, fixed in self.dresses.items() if dress is not Dress.PAGE}
        object.__setattr__(self, "_lines", lines)

    async def __call__(self, answer: Answer, call: Call, send: Send) -> None:
        """Send it."""
        body = b"" if call.scope["method"] == "HEAD" else answer.body
        if self._in_one_piece(answer, call, body):
            return
        headers = [
            *answer.headers,
            *worn(answer, self.dresses),
            *self.origins.headers(call),
            (b"x-request-id", call.trace.encode()),
        ]
        if answer.status not in NO_BODY:
            headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _in_one_piece(self, answer: Answer, call: Call, body: bytes) -> bool:
        """Write it, and tell the server that it is written. What was refused may close the connection."""
        # Taken out, since it holds the scope: the two must not be left to the garbage collector.
        found: Exit | None = call.scope.pop(EXIT, None)
        fixed = self._lines.get(answer.dress)
        if found is None or fixed is None or answer.status not in SUCCESS or not _writable(found.cycle):
            return False
        cycle = found.cycle
        own = JSON_LINES if answer.headers is JSON else sealed(answer.headers)
        cors = self.origins.headers(call)
        length = b"" if answer.status in NO_BODY else b"content-length: %d\r\n" % len(answer.body)
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        found.leave(
            b"%b%b%b%b%bx-request-id: %b\r\n%b\r\n%b"
            % (
                STATUS_LINE[answer.status],
                self._date(cycle.default_headers),
                own,
                fixed,
                sealed(cors) if cors else b"",
                call.trace.encode(),
                length,
                body,
            )
        )
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _date(self, usual: list[tuple[bytes, bytes]]) -> bytes:
        """The lines of what the server adds to any answer; it makes another list each second."""
        if self._usual[0][0] is not usual:
            self._usual[0] = usual, sealed(usual)
        return self._usual[0][1]


def _writable(cycle: RequestResponseCycle) -> bool:
    """The connection is there, takes more, and stays."""
    return cycle.keep_alive and not cycle.disconnected and not cycle.flow.write_paused
