"""A small, bounded HTTP/1.1 load: keep-alive connections on loopback, each asking one after another."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Request = Callable[[int], bytes]
Seen = Callable[[int, bytes, bytes], None]


@dataclass
class Round:
    """What one round saw: answers by status, seconds of each answer, seconds of the whole."""

    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def answers(self) -> int:
        """How many answers came."""
        return len(self.latencies)

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.answers / self.seconds if self.seconds else 0.0

    @property
    def errors(self) -> int:
        """How many answers were not 2xx."""
        return sum(count for status, count in self.statuses.items() if not 200 <= status < 300)

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that `share` of the answers did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    """Status, head and body of one answer; only Content-Length framing, which our server uses."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    length = int(lowered[at + 15 : lowered.find(b"\r\n", at)]) if at >= 0 else 0
    body = await reader.readexactly(length) if length else b""
    return status, head, body


async def _connection(
    port: int, numbers: Iterable[int], make: Request, seen: Seen | None, into: Round
) -> None:
    """One connection works through its numbers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for number in numbers:
            began = time.perf_counter()
            writer.write(make(number))
            status, head, body = await _read_answer(reader)
            into.latencies.append(time.perf_counter() - began)
            into.statuses[status] = into.statuses.get(status, 0) + 1
            if seen is not None:
                seen(number, head, body)
    finally:
        writer.close()


async def load(port: int, connections: int, requests: int, make: Request, seen: Seen | None = None) -> Round:
    """`requests` requests over `connections` connections; number n always goes to the same one."""
    into = Round()
    shares = [list(range(worker, requests, connections)) for worker in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, share, make, seen, into) for share in shares))
    into.seconds = time.perf_counter() - began
    return into


async def load_beside(port: int, connections: int, requests: int, make: Request, beside: Request) -> Round:
    """What one connection saw that asked `beside`, one after another, while the load ran."""
    loading = asyncio.create_task(load(port, connections, requests, make))
    into = Round()
    numbers = itertools.takewhile(lambda _: not loading.done(), itertools.count())
    await _connection(port, numbers, beside, None, into)
    into.seconds = (await loading).seconds
    return into


def request(method: str, path: str, *, body: bytes | None = None, **headers: str) -> bytes:
    """The bytes of one request; header names are written with underscores."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "user-agent: bench/1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")
