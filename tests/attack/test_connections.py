"""Connections that are to be held, filled or starved (IN1, IN13): each ends in time, and costs little."""

import asyncio
import gc
import json
import socket
import time
import weakref
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import uvloop

from auth_portal.http import protocol
from auth_portal.http.answer import Answer
from auth_portal.http.call import Call
from auth_portal.http.protocol import BoundedProtocol
from tests.conftest import StartPortal
from tests.rig.meter import memory
from tests.rig.protocols import KEPT_ALIVE, OUTLET, PATIENCE, all_of, answering, serving, until
from tests.rig.server import Portal
from tests.rig.wire import Said, head, line, say

MIB = 1024 * 1024
SMALL = b"GET / HTTP/1.1\r\nHost:x\r\n\r\n"


def fill(wire: socket.socket, data: bytes) -> None:
    """Send what the other end takes, and read nothing."""
    wire.setblocking(False)
    for _ in range(4):
        try:
            data = data[wire.send(data) :]
        except BlockingIOError:
            time.sleep(0.05)


def pour(wire: socket.socket, begin: bytes, size: int) -> None:
    """Send a value without end, little by little, so that what the other end says of it is heard."""
    wire.sendall(begin)
    for _ in range(size // 4096):
        wire.sendall(b"a" * 4096)
        time.sleep(0.002)


def a_deaf_wire(portal: Portal) -> socket.socket:
    """A connection whose client takes next to nothing in."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MIB)
    wire.connect(("127.0.0.1", portal.port))
    return wire


def without_collector(story: Coroutine[Any, Any, None]) -> None:
    """Run it while nothing looks for garbage."""
    gc.collect()
    gc.disable()
    try:
        uvloop.run(story)
    finally:
        gc.enable()


@pytest.mark.row("IN1")
def test_requests_sent_ahead_cost_little_memory(start_portal: StartPortal) -> None:
    """Half a megabyte of the smallest requests on each of ten connections, none of whose answers is read."""
    portal = start_portal()
    before = memory(portal)
    with ExitStack() as stack:
        for _ in range(10):
            fill(stack.enter_context(a_deaf_wire(portal)), SMALL * 20_000)
        assert memory(portal) - before < 40 * MIB
    assert portal.ready()
    assert memory(portal) - before < 40 * MIB


@pytest.mark.row("IN1")
def test_who_leaves_leaves_nothing_behind() -> None:
    """The garbage collector hardly ever runs, so what a connection held must go by itself."""

    async def story() -> None:
        may = asyncio.Event()
        async with serving(answering(pause=may)) as server:
            _, writer = await server.dial()
            writer.write(SMALL * 30 + b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            await until(lambda: any(made and len(made.pipeline) == 30 for made in map(call, server.made)))
            writer.transport.abort()
            may.set()
            await until(lambda: server.made[0]() is None)

    without_collector(story())


@pytest.mark.row("IN1")
def test_who_leaves_in_a_body_leaves_nothing_behind() -> None:
    scopes: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        del send
        scopes.append(scope)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def story() -> None:
        async with serving(app) as server:
            _, writer = await server.dial()
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
            await until(lambda: bool(scopes))
            writer.transport.abort()
            await until(lambda: "auth_portal.exit" not in scopes[0])
            scopes.clear()
            await until(lambda: server.made[0]() is None)

    without_collector(story())


def call(one: weakref.ref[BoundedProtocol]) -> BoundedProtocol | None:
    """What it refers to, if it is still there."""
    return one()


@pytest.mark.row("IN1")
def test_few_requests_wait_on_a_connection() -> None:
    async def story() -> None:
        may = asyncio.Event()
        async with serving(answering(pause=may)) as server:
            reader, writer = await server.dial()
            whole = 5_000
            writer.write(SMALL * (whole - 1) + SMALL.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            await until(lambda: any(made and made.pipeline for made in map(call, server.made)))
            await asyncio.sleep(0.1)
            mine = server.made[0]()
            assert mine is not None
            assert len(mine.pipeline) < 256
            del mine
            may.set()
            assert (await all_of(reader)).statuses == [200] * whole
            writer.close()

    uvloop.run(story())


@pytest.mark.row("IN1")
def test_every_request_sent_ahead_is_answered(alone: Portal) -> None:
    """However the bytes are cut: bodies, heads and answers in one piece or in two, in their order."""
    login = b'{"email": "nobody@example.com", "password": "no password of anybody"}'
    one = (
        head(alone, "GET /health/alive")
        + head(alone, "GET /nowhere", "X-Long: " + "x" * 3_000)
        + head(alone, "POST /api/auth/login", "Content-Type: text/plain", f"Content-Length: {len(login)}")
        + login
    )
    said = say(alone, one * 400 + head(alone, "GET /health/alive", "Connection: close"))
    assert said.statuses == [200, 404, 415] * 400 + [200]


EARLY = {
    "a head behind a body": ("Content-Length: 2", b"{}GET / HTTP/1.1\r\nHost: x\r\nX: "),
    "a head behind chunks": ("Transfer-Encoding: chunked", b"0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nX: "),
    "a trailer": ("Transfer-Encoding: chunked", b"0\r\nX: "),
}


@pytest.mark.row("IN13")
@pytest.mark.parametrize("case", EARLY)
def test_a_head_is_counted_after_an_early_answer(alone: Portal, case: str) -> None:
    """An answer that left before its body came must not switch the largest head off."""
    framing, more = EARLY[case]
    with line(alone, 10) as wire:
        wire.sendall(head(alone, "POST /nowhere", framing))
        assert Said(wire.recv(65536)).statuses == [404]
        with pytest.raises((BrokenPipeError, ConnectionResetError)):  # it is closed long before its end
            pour(wire, more, 400 * 4096)


@pytest.mark.row("IN13")
def test_a_head_is_counted_while_another_request_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LONGEST_HEAD", 2 * PATIENCE)

    async def story() -> None:
        may = asyncio.Event()
        async with serving(answering(pause=may), kept_alive=60) as server:
            reader, writer = await server.dial()
            writer.write(SMALL + b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000)
            await asyncio.sleep(0.1)
            may.set()
            assert (await all_of(reader)).statuses == [200], "and closed: there is no end of that head"
            writer.close()

    uvloop.run(story())


@pytest.mark.row("IN1")
@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (SMALL, b"\r\n"),
        (SMALL.replace(b"\r\n\r\n", b"\r\nContent-Length: 1000\r\n\r\n"), b"x"),
    ],
)
@pytest.mark.parametrize("pause", [0.3, PATIENCE])
def test_what_begins_no_request_holds_no_connection(first: bytes, drop: bytes, pause: float) -> None:
    """Neither one drop nor one at a time puts off the end of a connection that nobody uses."""

    async def story() -> None:
        async with serving(answering()) as server:
            reader, writer = await server.dial()
            writer.write(first)
            await reader.readuntil(b"{}")
            end = asyncio.ensure_future(all_of(reader))
            while not end.done():
                writer.write(drop)
                await asyncio.wait([end], timeout=pause)
            with suppress(ConnectionResetError):  # a drop that met the end on its way
                assert (await end).raw == b""
            writer.close()

    uvloop.run(story())


@pytest.mark.row("IN1")
def test_a_request_in_time_keeps_the_connection() -> None:
    """Half a head, and its end when the request before it has been answered for a while."""

    async def story() -> None:
        may = asyncio.Event()
        async with serving(answering(pause=may)) as server:
            reader, writer = await server.dial()
            writer.write(SMALL + SMALL[:10])
            await asyncio.sleep(0.1)
            may.set()
            await reader.readuntil(b"{}")
            may.clear()
            writer.write(SMALL[10:])
            await asyncio.sleep(KEPT_ALIVE * 1.5)
            may.set()
            assert (await all_of(reader)).statuses == [200], "the timer of an idle connection is not for it"
            writer.close()

    uvloop.run(story())


@pytest.mark.row("IN13")
def test_an_answer_outlives_the_end_of_the_asking() -> None:
    """The client ends its side while its answer is about to leave."""
    wires: list[socket.socket] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        wires[-1].shutdown(socket.SHUT_WR)
        await OUTLET(Answer(200, b"{}"), Call(scope, receive, "trace"), send)

    async def story() -> None:
        async with serving(app) as server:
            for _ in range(10):
                with socket.create_connection(server.address) as wire:
                    wires.append(wire)
                    wire.sendall(SMALL)
                    wire.setblocking(False)
                    said = await asyncio.get_running_loop().sock_recv(wire, 65536)
                    assert Said(said).statuses == [200]

    uvloop.run(story())


INVALID = {
    "no request": b"garbage\r\n\r\n",
    "no address": b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    "no chunk": b"POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
}


@pytest.mark.row("IN13")
@pytest.mark.parametrize("behind", INVALID)
def test_what_is_no_http_takes_nobodys_answer(alone: Portal, behind: str) -> None:
    """A rotation whose answer is lost would sign the client out."""
    person = alone.a_person()
    body = json.dumps({"refreshToken": person.device.refresh_token}).encode()
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    asked = head(alone, "POST /api/auth/refresh", *lines) + body
    said = say(alone, head(alone, "GET /health/alive") + asked + INVALID[behind] + SMALL, seconds=10)
    assert said.statuses[:2] == [200, 200], said.raw
    assert said.statuses[2:] in ([], [400]), said.raw
    assert b'"refreshToken"' in said.raw
    assert say(alone, INVALID[behind], seconds=10).statuses in ([400], [404, 400])


@pytest.mark.row("IN1")
def test_a_client_that_reads_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LONGEST_UNREAD", 0.5)

    async def story() -> None:
        async with serving(answering(b"x" * MIB)) as server:
            with socket.socket() as wire:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                wire.setblocking(False)
                await asyncio.get_running_loop().sock_connect(wire, server.address)
                wire.send(SMALL * 20)
                await until(lambda: bool(server.made))
                await until(lambda: server.made[0]() is None)

    uvloop.run(story())


@pytest.mark.row("IN1")
def test_a_client_that_reads_nothing_is_not_waited_for_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little is unread for the transport to say so, and the connection is idle: closing must not hang."""
    monkeypatch.setattr(protocol, "LONGEST_UNREAD", 0.5)

    async def story() -> None:
        async with serving(answering(b"x" * 30_000)) as server:
            with socket.socket() as wire:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                wire.setblocking(False)
                await asyncio.get_running_loop().sock_connect(wire, server.address)
                await until(lambda: bool(server.made))
                mine = server.made[0]()
                assert mine is not None
                transport = mine.transport
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                del mine
                for _ in range(100):
                    if transport.get_write_buffer_size():
                        break
                    wire.send(SMALL)
                    await asyncio.sleep(0.02)
                assert 0 < transport.get_write_buffer_size() < 64 * 1024
                await until(lambda: server.made[0]() is None)

    uvloop.run(story())


@pytest.mark.row("IN1")
def test_a_client_that_reads_slowly_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes much longer than a client has that reads nothing at all."""
    monkeypatch.setattr(protocol, "LONGEST_UNREAD", 1.0)
    size, sip = 16 * MIB, MIB // 4

    async def story() -> None:
        async with serving(answering(b"x" * size), kept_alive=60) as server:
            reader, writer = await server.dial()
            writer.write(SMALL)
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(size // sip):
                assert len(await reader.readexactly(sip)) == sip
                await asyncio.sleep(0.06)
            writer.write(SMALL)
            await reader.readuntil(b"\r\n\r\n")
            assert len(await reader.readexactly(size)) == size
            writer.close()

    uvloop.run(story())
