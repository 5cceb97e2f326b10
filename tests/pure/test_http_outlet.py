"""The two ways in which an answer leaves: in one piece and as ASGI's two messages, with the same bytes."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from auth_portal.http.answer import Answer, Dress, RawHeaders, json_answer
from auth_portal.http.call import Call
from auth_portal.http.dress import wardrobe
from auth_portal.http.origins import origins_of
from auth_portal.http.outlet import EXIT, Outlet
from auth_portal.http.protocol import BoundedProtocol
from tests.pure.http_builders import RULES

ORIGIN = "https://app.example.com"
OUTLET = Outlet(wardrobe(RULES), origins_of(frozenset({ORIGIN})))
DATE = (b"date", b"Thu, 26 Nov 2026 00:00:00 GMT")
GET, HEAD = b"GET", b"HEAD"
COOKIE: RawHeaders = ((b"set-cookie", b"refreshToken=aprt_x; Path=/; HttpOnly"),)


class Wire(asyncio.Transport):
    """What the client reads."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 8080), "peername": ("127.0.0.1", 5555)})
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        return None

    def resume_reading(self) -> None:
        return None


async def asked(request: bytes, answer: Answer, *, short: bool) -> Wire:
    """Our protocol is asked, and the answer leaves; `short` offers the way in one piece."""

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if not short:
            del scope[EXIT]
        await OUTLET(answer, Call(scope, receive, "trace-1"), send)
        assert EXIT not in scope, "a scope and its cycle that hold each other are garbage"

    config = Config(app, http=BoundedProtocol, ws="none", lifespan="off", interface="asgi3", log_config=None)
    config.load()
    state, wire = ServerState(), Wire()
    state.default_headers = [DATE]
    protocol = BoundedProtocol(config=config, server_state=state, app_state={})
    protocol.connection_made(wire)
    protocol.data_received(request)
    while state.tasks:
        await asyncio.gather(*state.tasks)
    await asyncio.sleep(0)  # what was answered leaves at the next turn
    protocol.connection_lost(None)
    return wire


def both(request: bytes, answer: Answer) -> tuple[Wire, Wire]:
    """In one piece, and as two messages."""

    async def story() -> tuple[Wire, Wire]:
        return await asked(request, answer, short=True), await asked(request, answer, short=False)

    return asyncio.run(story())


def read(wire: Wire) -> tuple[bytes, list[bytes], bytes]:
    """Status line, headers in no order, body."""
    head, _, body = b"".join(wire.pieces).partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    return status, sorted(headers), body


def request(method: bytes = GET, *headers: bytes) -> bytes:
    """A request's bytes."""
    return b"\r\n".join([method + b" /api/auth/me HTTP/1.1", b"Host: a", *headers, b"", b""])


@pytest.mark.parametrize("method", [GET, HEAD])
@pytest.mark.parametrize("dress", list(Dress))
@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"a": "é"}),
        json_answer({}, 201, COOKIE),
        Answer(),
        Answer(202),
        Answer(204, headers=COOKIE),
        Answer(404, b"{}"),
    ],
)
def test_both_ways_send_the_same(answer: Answer, dress: Dress, method: bytes) -> None:
    answer.dress = dress
    origin = b"Origin: " + ORIGIN.encode()
    for asked_by in (request(method), request(method, origin)):
        whole, parts = both(asked_by, answer)
        assert read(whole) == read(parts)
        short = answer.status < 300 and dress is not Dress.PAGE
        assert len(whole.pieces) == (1 if short else len(parts.pieces))


def test_a_connection_that_is_to_be_closed_is_closed() -> None:
    for asked_by in (request(GET, b"Connection: close"), request().replace(b"HTTP/1.1", b"HTTP/1.0")):
        whole, parts = both(asked_by, json_answer({}))
        assert read(whole) == read(parts)
        assert (whole.closed, parts.closed) == (True, True)


def test_requests_that_were_sent_ahead_are_answered_in_their_order() -> None:
    whole, parts = both(request() * 3, json_answer({"a": 1}))
    assert b"".join(whole.pieces).count(b"HTTP/1.1 200 OK") == 3
    assert len(b"".join(whole.pieces)) == len(b"".join(parts.pieces))


@pytest.mark.parametrize("value", [b"a\r\nset-cookie: b=c", b"a\nb", b"a\0b", b"a\x7fb"])
def test_no_value_can_break_the_head(value: bytes) -> None:
    whole, _ = both(request(), json_answer({}, 200, ((b"x-odd", value),)))
    status, headers, _ = read(whole)
    assert status == b"HTTP/1.1 500 Internal Server Error"
    assert not any(header.startswith((b"x-odd", b"set-cookie")) for header in headers)
