"""uvicorn's protocol with the bounds that it does not set: heads, requests sent ahead, silent clients."""

import asyncio
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from auth_portal.http.declined_offer import decline, framing_of
from auth_portal.http.outlet import EXIT, Exit, sealed

LARGEST_HEAD = 32 * 1024  # bytes of request line and headers, counted by pieces
LONGEST_HEAD = 10.0  # seconds for a head to arrive: slow senders are cut
LONGEST_UNREAD = 30.0  # seconds after which a client must have read on, or is let go
LEAST_READ = 16 * 1024  # bytes in that time
MOST_WAITING = 64  # requests of one connection behind the one being answered; then nothing is parsed
PIECE = 2048  # bytes that are parsed before we look again how many wait
INVALID = 400, b"Invalid HTTP request received."
TOO_LARGE = 431, b""
PLAIN = (b"content-type", b"text/plain; charset=utf-8")
CLOSE = (b"connection", b"close")

Refused = tuple[int, bytes]  # status and words


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a largest head (431), a longest time for one, and few requests that wait.

    The parser buffers a head of any size and queues what is sent ahead without end, and nobody is
    let go who does not read: one client could fill the memory, and a thousand hold a thousand
    connections for ever (IN1, IN13). We speak HTTP/1.1 only: `Upgrade` is ignored, as RFC 9110
    section 7.8 allows.
    """

    _head_bytes = 0  # since the head began, or since the last bytes of a body: trailers count too
    _in_head = False
    _body_comes = False
    _deaf = False  # what comes now is no matter: the connection is closed behind the answers it is owed
    _held: bytes = b""  # not parsed yet: enough requests wait
    _deadline: asyncio.TimerHandle | None = None  # of a head
    _patience: asyncio.TimerHandle | None = None  # with a client that does not read
    _leaving: bytes = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A first head has to arrive in time too."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(LONGEST_HEAD, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more, and nothing is left that the garbage collector would have to find."""
        self._stop_waiting()
        self._unset_keepalive_if_required()
        self._be_patient()
        super().connection_lost(exc)
        self._deaf, self._held = True, b""
        if self.cycle is not None:
            _shut_exit(self.cycle.scope)
        for waiting, _ in self.pipeline:  # each holds itself through its scope, and us
            _shut_exit(waiting.scope)
            waiting.on_response = _nothing
        self.pipeline.clear()

    def data_received(self, data: bytes) -> None:
        """Read it, unless more than enough has been read."""
        if self._deaf:
            return
        self._let_go()  # whatever else is written while this is read comes after it
        if self._held:
            self._held += data
        else:
            self._take(data)

    def eof_received(self) -> None:
        """The client asks no more, and the connection is closed: what was answered is sent first."""
        self._let_go()

    def _take(self, data: bytes) -> None:
        """Read piece by piece, for as long as not too many requests wait."""
        for start in range(0, len(data), PIECE):
            if len(self.pipeline) >= MOST_WAITING:
                self._hold(data[start:])
                return
            self._feed(data[start : start + PIECE])
            if self._deaf:
                return
        if self._in_head and self._deadline is None:  # most heads come at once, and need no timer
            self._deadline = self.loop.call_later(LONGEST_HEAD, self._end)

    def _hold(self, data: bytes) -> None:
        """Keep it for later; until then no more is read, whoever else lets uvicorn's flow go on."""
        self._stop_waiting()
        self._held = data
        self.flow.resume_reading()  # it takes itself for going on, and so does nothing about it
        self.transport.pause_reading()

    def _go_on(self) -> None:
        """Fewer requests wait: read what was kept."""
        if len(self.pipeline) < MOST_WAITING:
            data, self._held = self._held, b""
            self.transport.resume_reading()
            self._take(data)

    def _feed(self, piece: bytes) -> None:
        """Read; what is no HTTP is told so, an offer to speak something else is declined."""
        size = len(piece)
        try:
            while piece:
                piece = self._read(piece)
        except HttpParserError:
            self.logger.warning(INVALID[1].decode())
            self._end(INVALID)
            return
        if self._in_head or self._body_comes:
            self._head_bytes += size
            if self._head_bytes > LARGEST_HEAD:
                self._end(TOO_LARGE)

    def _read(self, data: bytes) -> bytes:
        """What is left behind an offer: the rest of the request that made it, or the next one."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as offer:
            decline(self)
            return data[offer.args[0] :]
        return b""

    def on_message_begin(self) -> None:
        """A head begins: it has its time. What begins no request leaves the keep-alive timer alone."""
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """The head is here; the answer may be written without a detour."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()
        self._unset_keepalive_if_required()
        self._body_comes = True
        self._head_bytes = 0
        self.scope[EXIT] = Exit(self.cycle, self.leave)  # type: ignore[literal-required]

    def on_body(self, body: bytes) -> None:
        """What is in a body is counted by who reads it."""
        super().on_body(body)
        self._head_bytes = 0

    def on_message_complete(self) -> None:
        """The body is here, unless the parser takes it for another protocol."""
        if not (self.parser.should_upgrade() and framing_of(self.headers)):
            self._body_comes = False
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The next request has its turn, and there is room for another."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._lose_patience()
        elif self._held:
            self._go_on()

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

    def pause_writing(self) -> None:
        """The client does not read: it has some time to."""
        super().pause_writing()
        self._lose_patience()

    def resume_writing(self) -> None:
        """It does; one that is to go has no more time for it."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._be_patient()

    def timeout_keep_alive_handler(self) -> None:
        """Nobody has used the connection for a while."""
        self._close()

    def _end(self, refused: Refused | None = None) -> None:
        """Read nothing more, since it is too slow, too large or no HTTP, and close.

        Requests that came whole are answered before, for an answer may be all that a client has of
        what was done: a rotation's new token.
        """
        self._deaf = True
        self._stop_waiting()
        if self._owes() and not (self._body_comes and not self.pipeline):
            self.cycle.keep_alive = False
            if self._body_comes:
                self.pipeline[0] = self.cycle, _unreadable
            return
        self._let_go()
        if refused is not None and not self.transport.is_closing():
            self.transport.write(self._refusal(*refused))
        self._close()

    def _owes(self) -> bool:
        """A request has not been answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _refusal(self, status: int, words: bytes) -> bytes:
        """A whole answer to what is no request."""
        length = b"content-length", str(len(words)).encode()
        lines = sealed([*self.server_state.default_headers, PLAIN, length, CLOSE])
        return STATUS_LINE[status] + lines + b"\r\n" + words

    def _close(self) -> None:
        """Close, and wait only so long for the client to read what it was sent."""
        if not self.transport.is_closing():
            self._let_go()
            self.transport.close()
            self._lose_patience()

    def _stop_waiting(self) -> None:
        """The head came, or the connection went."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _lose_patience(self) -> None:
        """From now on the client has so long to read; a transport alone would wait for ever."""
        if self._patience is None and self in self.connections:
            self._watch_reading()

    def _watch_reading(self) -> None:
        """Look again later how much is unread by then."""
        unread = self.transport.get_write_buffer_size()
        self._patience = self.loop.call_later(LONGEST_UNREAD, self._has_read, unread)

    def _has_read(self, before: int) -> None:
        """Who reads on, slowly, is waited for; who does not is let go."""
        if self.transport.get_write_buffer_size() <= before - LEAST_READ:
            self._watch_reading()
        else:
            self.transport.abort()

    def _be_patient(self) -> None:
        """It reads, or is gone."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _shut_exit(scope: Any) -> None:
    """Take the exit out of a scope that it holds in its turn."""
    scope.pop(EXIT, None)


def _nothing() -> None:
    """Nobody waits for this answer."""


async def _unreadable(scope: Any, receive: Any, send: Any) -> None:
    """Answers a request whose body broke off while others of its connection were still being answered."""
    del receive
    _shut_exit(scope)
    status, words = INVALID
    headers = [PLAIN, (b"content-length", str(len(words)).encode()), CLOSE]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words})
