"""A small reverse proxy on loopback: each request goes to the next instance that is not being drained."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.rig.ports import free_port

LONGEST = 60.0  # seconds


@dataclass
class Proxy:
    """Keeps connections to clients open and makes one to an instance for each request.

    Nothing is tried twice: an answer that does not come is a 502, so that the test sees what is lost.
    """

    targets: list[str]
    port: int = field(default_factory=free_port)
    in_flight: dict[str, int] = field(default_factory=dict)
    passed: int = 0
    turn: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def drain(self, target: str) -> None:
        """Send nothing more there, and wait until what is there has been answered."""
        self.targets.remove(target)
        deadline = time.monotonic() + LONGEST
        while self.in_flight.get(target, 0) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not self.in_flight.get(target, 0)

    def admit(self, target: str) -> None:
        """It is back."""
        self.targets.append(target)

    @contextmanager
    def open(self) -> Iterator["Proxy"]:
        """Listen, on a thread with a loop of its own."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        starting = asyncio.start_server(self._client, "127.0.0.1", self.port)
        server = asyncio.run_coroutine_threadsafe(starting, loop).result(LONGEST)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(_end(server), loop).result(LONGEST)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Request after request of one client."""
        try:
            while True:
                asked = await _message(reader)
                self.turn += 1
                target = self.targets[self.turn % len(self.targets)]
                self.in_flight[target] = self.in_flight.get(target, 0) + 1
                try:
                    async with asyncio.timeout(LONGEST):
                        answer = await _forward(target, asked)
                except (OSError, EOFError, TimeoutError):
                    answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
                finally:
                    self.in_flight[target] -= 1
                self.passed += 1
                writer.write(answer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


async def _forward(target: str, asked: bytes) -> bytes:
    """One request over a connection of its own; returns the answer."""
    place = urlsplit(target)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        writer.write(asked)
        return await _message(reader)
    finally:
        writer.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A head and as much body as its Content-Length says, which is how we and our clients frame."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)


async def _end(server: asyncio.Server) -> None:
    """Stop listening, and let go of whoever is connected."""
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    for _ in range(10):  # until the loop has noticed that the lines are closed
        await asyncio.sleep(0)
