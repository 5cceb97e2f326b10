"""Requests written byte by byte: what no well-behaved client would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.rig.server import Portal

SECONDS = 30


@dataclass(frozen=True)
class Said:
    """What came back on one connection until the server closed it or fell silent."""

    raw: bytes

    @property
    def statuses(self) -> list[int]:
        """The status of every answer that was read, in order."""
        lines = [line for line in self.raw.split(b"\r\n") if b"HTTP/1.1 " in line]
        return [int(line.partition(b"HTTP/1.1 ")[2][:3]) for line in lines]


@contextmanager
def line(portal: Portal, seconds: float = SECONDS) -> Iterator[socket.socket]:
    """One open connection."""
    with socket.create_connection(("127.0.0.1", portal.port), timeout=seconds) as wire:
        yield wire


def say(portal: Portal, *parts: bytes, seconds: float = SECONDS) -> Said:
    """Send these bytes, then read until the other end closes or is silent for `seconds`.

    A server that closes in the middle of what is sent is no fault of the test.
    """
    with line(portal, seconds) as wire:
        try:
            for part in parts:
                wire.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return Said(_rest(wire))


def head(portal: Portal, first: str, *lines: str) -> bytes:
    """A head with our Host: `head(portal, "GET /health/alive", "Accept: */*")`."""
    return "\r\n".join([f"{first} HTTP/1.1", f"Host: 127.0.0.1:{portal.port}", *lines, "", ""]).encode(
        "latin-1"
    )


def _rest(wire: socket.socket) -> bytes:
    """Everything that still comes."""
    parts = []
    try:
        while part := wire.recv(65536):
            parts.append(part)
    except (TimeoutError, ConnectionResetError):
        pass
    return b"".join(parts)
