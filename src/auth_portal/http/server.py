"""The HTTP server itself: uvicorn, with the bounds that its parser does not set."""

import asyncio
import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from auth_portal.http.declined_offer import decline, framing_of
from auth_portal.http.outlet import EXIT, Exit

LARGEST_HEAD = 32 * 1024  # bytes of request line and headers
LONGEST_HEAD = 10.0  # seconds for a head to arrive: slow senders are cut
LONGEST_SHUTDOWN = 8  # seconds for requests in flight
MOST_CONNECTIONS = 20_000
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
INVALID = "Invalid HTTP request received."
DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG, prctl(2)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a largest head (431) and a longest time for one to arrive.

    The parser buffers a head of any size, and the keep-alive timer ends with the first byte, so
    without these a thousand slow senders would hold a thousand connections for ever (IN1, IN13).
    We speak HTTP/1.1 only: `Upgrade` is ignored, as RFC 9110 section 7.8 allows.
    """

    _head_bytes = 0
    _head_done = False
    _in_head = False
    _deadline: asyncio.TimerHandle | None = None
    _leaving: bytes = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A first head has to arrive in time too."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(LONGEST_HEAD, self._cut)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what arrives while a head is incomplete."""
        self._let_go()  # whatever else is written while this is read comes after it
        self._head_done = False
        if self._head_bytes + len(data) > LARGEST_HEAD and not self._in_body():
            head = self._head_bytes + (data.find(b"\r\n\r\n") + 1 or len(data))
            if head > LARGEST_HEAD:
                self.transport.write(TOO_LARGE)
                self._cut()
                return
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._head_done or self._in_body():
            self._head_bytes = 0
        else:
            self._head_bytes += len(data)
        if self._in_head and self._deadline is None:  # most heads come at once, and need no timer
            self._deadline = self.loop.call_later(LONGEST_HEAD, self._cut)

    def _feed(self, data: bytes) -> None:
        """Read; what is no HTTP is told so, an offer to speak something else is declined."""
        try:
            while data:
                data = self._read(data)
        except HttpParserError:
            self.logger.warning(INVALID)
            self.send_400_response(INVALID)

    def _read(self, data: bytes) -> bytes:
        """What is left behind an offer: the rest of the request that made it, or the next one."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as offer:
            decline(self)
            return data[offer.args[0] :]
        return b""

    def on_message_complete(self) -> None:
        """The body is here, unless the parser takes it for another protocol."""
        if not (self.parser.should_upgrade() and framing_of(self.headers)):
            super().on_message_complete()

    def on_message_begin(self) -> None:
        """A head begins: it has its time."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """The head is here; the answer may be written without a detour."""
        self._head_done = True
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()
        self.scope[EXIT] = Exit(self.cycle, self.leave)  # type: ignore[literal-required]

    def leave(self, data: bytes) -> None:
        """Write once the requests that are ready have been answered: theirs leave together.

        Our own work and the system's to send something need the same caches of the processor, and
        each finds more of them when it does not take turns with the other for every answer.
        """
        if not self._leaving:
            self.loop.call_soon(self._let_go)
        self._leaving += data

    def _let_go(self) -> None:
        """Write what has gathered."""
        if self._leaving:
            data, self._leaving = self._leaving, b""
            if not self.transport.is_closing():
                self.transport.write(data)

    def shutdown(self) -> None:
        """The server ends: what was answered is sent first."""
        self._let_go()
        super().shutdown()

    def _in_body(self) -> bool:
        """A request is being answered or its body still arrives."""
        return self.cycle is not None and (self.cycle.more_body or not self.cycle.response_complete)

    def _stop_waiting(self) -> None:
        """The head came, or the connection went."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self) -> None:
        """End a connection whose head is too slow or too large."""
        if self.transport is not None and not self.transport.is_closing():
            self._let_go()
            self.transport.close()


class CleanServer(uvicorn.Server):
    """Ctrl-C and SIGTERM are how one stops a server: it ends with status 0 and without a traceback."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As the original, which afterwards would raise what it has caught once more."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def run_server(app: Any, host: str, port: int, *, workers: int = 1, log_level: str = "warning") -> bool:
    """Serve until SIGINT or SIGTERM; requests in flight are finished within 8 s.

    `app` is an ASGI callable, or with several workers the import string of a factory. Returns
    False when the server could not start (the port is taken, the application refused).
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        factory=isinstance(app, str),
        workers=workers,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level=log_level,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=LONGEST_SHUTDOWN,
        limit_concurrency=MOST_CONNECTIONS,
        backlog=4096,
    )
    try:
        if workers > 1:
            from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 -- only several workers need it

            Multiprocess(config, sockets=[config.bind_socket()]).run()
            return True
        server = CleanServer(config)
        server.run()
    except SystemExit:  # its own way to say that it could not start; why is in the log
        return False
    return server.started


def why_not_listen(host: str, port: int) -> str | None:
    """What keeps a server from listening there, in the system's words; None when nothing does."""
    try:
        for family, kind, number, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, number) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
    except OSError as fault:
        return fault.strerror or str(fault)
    return None


def die_with_parent() -> None:
    """A worker must not go on serving when its supervisor was killed (OP5)."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(DIES_WITH_PARENT, signal.SIGTERM, 0, 0, 0)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()
