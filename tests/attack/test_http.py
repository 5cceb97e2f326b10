"""HTTP itself (IN1, IN13): sizes, slow senders, heads that two readers would read differently."""

import socket
import time
from contextlib import ExitStack

import pytest

from tests.rig import ask
from tests.rig.meter import memory
from tests.rig.scale import scaled
from tests.rig.server import Portal
from tests.rig.wire import Said, head, line, say

MIB = 1024 * 1024
SLOW = scaled(200, 1_000)
CHUNKED_MIB = scaled(64, 1024)
LOGIN = "POST /api/auth/login"
JSON = "Content-Type: application/json"
CLOSE = "Connection: close"


@pytest.mark.row("IN1")
def test_ten_megabytes_are_too_many(alone: Portal) -> None:
    before = memory(alone)
    whole = b"x" * 10 * MIB
    for path in ("/auth/login", "/auth/refresh", "/auth/logout"):
        sent = head(alone, f"POST /api{path}", JSON, f"Content-Length: {len(whole)}")
        assert say(alone, sent, whole).statuses in ([413], [])
    declared = head(alone, LOGIN, JSON, "Content-Length: 99999999999999999999")
    assert say(alone, declared).statuses in ([413], [400])
    answer = ask.post(f"{alone.api}/auth/login", content=b"x" * 2 * MIB, verify=False)
    assert answer.status_code == 413
    assert memory(alone) - before < 48 * MIB


@pytest.mark.row("IN1")
@pytest.mark.timeout(600)
def test_a_body_without_end_is_cut(alone: Portal) -> None:
    before = memory(alone)
    chunk = b"100000\r\n" + b"x" * MIB + b"\r\n"
    sent = head(alone, LOGIN, JSON, "Transfer-Encoding: chunked")
    assert say(alone, sent, *[chunk] * CHUNKED_MIB).statuses in ([413], [])
    extensions = b"1;" + b"x" * MIB + b"\r\nx\r\n"
    assert set(say(alone, sent, *[extensions] * 8, seconds=3).statuses) <= {400, 413, 431}
    assert memory(alone) - before < 48 * MIB
    assert alone.ready()


@pytest.mark.row("IN1")
@pytest.mark.timeout(600)
def test_slow_senders_are_cut_and_hold_nobody_up(alone: Portal) -> None:
    """Half of them never end their head, half never their body; the others are answered meanwhile."""
    with ExitStack() as stack:
        slow = [stack.enter_context(line(alone, seconds=60)) for _ in range(SLOW)]
        for number, wire in enumerate(slow):
            half_a_body = head(alone, LOGIN, JSON, "Content-Length: 1000") + b"{"
            wire.sendall(half_a_body if number % 2 else b"GET /api/auth/me HTTP/1.1\r\nX-Slow: ")
        for _ in range(10):
            assert ask.get(f"{alone.api}/auth/config", timeout=30, verify=False).status_code == 200
        began = time.monotonic()
        ends = [until_closed(wire) for wire in slow]
        assert time.monotonic() - began < 60
    for number, said in enumerate(ends):
        assert said == b"" or b" 408 " in said.split(b"\r\n", 1)[0], f"connection {number}: {said[:100]!r}"
    assert sum(b" 408 " in said[:20] for said in ends) == SLOW // 2


def until_closed(wire: socket.socket) -> bytes:
    """What comes until the server closes; it must."""
    parts = []
    while part := wire.recv(65536):
        parts.append(part)
    return b"".join(parts)


def smuggled(portal: Portal) -> bytes:
    """A second request that must not be read out of what follows the first."""
    return head(portal, "GET /api/auth/config", "X-Smuggled: 1", CLOSE)


@pytest.mark.row("IN13")
def test_two_lengths_make_no_second_request(alone: Portal) -> None:
    """RFC 9112 section 6.3: chunked rules, and the connection is closed; or a 400."""
    inner = smuggled(alone)
    both = head(alone, LOGIN, JSON, f"Content-Length: {len(inner) + 5}", "Transfer-Encoding: chunked")
    said = say(alone, both + b"0\r\n\r\n" + inner, seconds=5)
    assert len(said.statuses) == 1, said.raw
    assert said.statuses[0] == 400
    twice = head(alone, LOGIN, JSON, "Content-Length: 2", f"Content-Length: {2 + len(inner)}")
    assert say(alone, twice + b"{}" + inner, seconds=5).statuses == [400]
    listed = head(alone, LOGIN, JSON, f"Content-Length: 2, {2 + len(inner)}")
    assert say(alone, listed + b"{}" + inner, seconds=5).statuses == [400]


@pytest.mark.row("IN13")
@pytest.mark.parametrize("offer", ["websocket", "h2c", "TLS/1.0"])
@pytest.mark.parametrize("length", ["Content-Length: {}", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("pause", [0, 0.2])
def test_an_offer_to_upgrade_makes_no_request_of_the_body(
    alone: Portal, offer: str, length: str, pause: float
) -> None:
    """A proxy passes the offer on and sees one request: its body must be read as a body, and as JSON."""
    person = alone.a_person()
    body = b'{"email": "%b", "password": "%b"}' % (person.email.encode(), person.password.encode())
    offered = ("Connection: upgrade", f"Upgrade: {offer}")
    for inner, statuses in ((smuggled(alone), [415, 200]), (body, [200, 200])):
        kind = JSON if inner is body else "Content-Type: text/plain"
        sent = head(alone, LOGIN, kind, length.format(len(inner)), *offered)
        framed = inner if "{" in length else b"%x\r\n%b\r\n0\r\n\r\n" % (len(inner), inner)
        after = head(alone, "GET /health/alive", CLOSE)
        with line(alone, 10) as wire:
            for part in [sent, framed, after] if pause else [sent + framed + after]:
                wire.sendall(part)
                time.sleep(pause)
            assert Said(until_closed(wire)).statuses == statuses
    many = head(alone, "GET /health/alive", *offered) * 600 + head(alone, "GET /health/alive", CLOSE)
    assert say(alone, many, seconds=10).statuses == [200] * 601


@pytest.mark.row("IN13")
@pytest.mark.parametrize(
    "line_",
    [
        "Content-Length: -1",
        "Content-Length: +2",
        "Content-Length: 0x2",
        "Content-Length: 2_0",
        "Content-Length : 2",
        "Content-Length: \x0b2",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
        "X-A: b\r\n folded: c",
        "X-A: b\rContent-Length: 5",
        "X-Nul: a\0b",
        "No colon here",
        "Na me: x",
    ],
)
def test_a_malformed_length_or_line_is_refused(alone: Portal, line_: str) -> None:
    said = say(alone, head(alone, LOGIN, JSON, line_, CLOSE) + b"{}", seconds=5)
    assert len(said.statuses) <= 1, said.raw
    assert set(said.statuses) <= {400, 415}, said.raw


@pytest.mark.row("IN13")
def test_a_head_is_at_most_32_kilobytes(alone: Portal) -> None:
    long = head(alone, "GET /api/auth/config", "X-Long: " + "x" * 100_000, CLOSE)
    assert say(alone, long, seconds=10).statuses in ([431], [])
    many = [f"X-{number}: {'x' * 50}" for number in range(2_000)]
    assert say(alone, head(alone, "GET /api/auth/config", *many, CLOSE), seconds=10).statuses in ([431], [])
    target = say(alone, head(alone, "GET /" + "a" * 100_000, CLOSE), seconds=10)
    assert target.statuses in ([431], [414], [400], [])
    below = head(alone, "GET /api/auth/config", "X-Long: " + "x" * 30_000, CLOSE)
    assert say(alone, below, seconds=10).statuses == [200]
    cookies = "; ".join(f"c{number}=v" for number in range(1_000))
    assert say(alone, head(alone, "GET /api/auth/config", f"Cookie: {cookies}", CLOSE)).statuses == [200]
    thousand = [f"Cookie: c{number}=v" for number in range(1_000)]
    assert say(alone, head(alone, "POST /api/auth/refresh", *thousand, CLOSE)).statuses == [401]
    assert alone.ready()


@pytest.mark.row("IN13")
def test_there_is_exactly_one_host(alone: Portal) -> None:
    host = f"Host: 127.0.0.1:{alone.port}"
    first = b"GET /api/auth/config HTTP/1.1\r\n"
    for lines in ([], [host, host], [host, "Host: evil.example"], ["Host: "], ["Host: a, b"], ["Host: a b"]):
        sent = first + "".join(f"{one}\r\n" for one in [*lines, CLOSE]).encode() + b"\r\n"
        assert say(alone, sent, seconds=10).statuses == [400], lines
    foreign = first + f"Host: evil.example\r\n{CLOSE}\r\n\r\n".encode()
    said = say(alone, foreign, seconds=10)
    assert said.statuses == [200]
    assert b"evil.example" not in said.raw, "what Host says must not come back"
    absolute = f"GET http://evil.example/api/auth/config HTTP/1.1\r\n{host}\r\n{CLOSE}\r\n\r\n".encode()
    assert b"evil.example" not in say(alone, absolute, seconds=10).raw


@pytest.mark.row("IN13")
@pytest.mark.parametrize(
    "first", ["GET", "GET / HTTP/9.9", "get / HTTP/1.1", "\x16\x03\x01", "GET / HTTP/1.1 x"]
)
def test_a_malformed_request_line_is_refused(alone: Portal, first: str) -> None:
    said = say(alone, f"{first}\r\nHost: x\r\n{CLOSE}\r\n\r\n".encode("latin-1"), seconds=12)
    assert set(said.statuses) <= {400, 405, 505}, said.raw
    assert alone.ready()
