"""Many requests at the same instant: kept-open connections, written together, read together."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """Status and body of one answer."""

    status: int
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object."""
        said = json.loads(self.body)
        assert isinstance(said, dict)
        return said


@dataclass(frozen=True)
class Ask:
    """One request; `path` stands behind the API prefix."""

    method: str
    path: str
    headers: dict[str, str]
    body: object = None

    def encoded(self, host: str) -> bytes:
        """The request as it goes over the wire."""
        raw = b"" if self.body is None else json.dumps(self.body).encode()
        lines = [f"{self.method} /api{self.path} HTTP/1.1", f"Host: {host}", "User-Agent: crowd"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body is not None:
            lines.append("Content-Type: application/json")
        lines.append(f"Content-Length: {len(raw)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def refresh(token: str) -> Ask:
    """A rotation."""
    return Ask("POST", "/auth/refresh", {"refresh": token})


class Crowd:
    """`size` connections, dealt out in turn over the given servers."""

    def __init__(self, urls: Sequence[str], size: int) -> None:
        self.hosts = [urlsplit(urls[index % len(urls)]).netloc for index in range(size)]
        self.streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __aenter__(self) -> Self:
        """Connect."""
        for host in self.hosts:
            name, port = host.rsplit(":", 1)
            self.streams.append(await asyncio.open_connection(name, int(port)))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect."""
        for _reader, writer in self.streams:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in self.streams), return_exceptions=True)

    async def ask(self, *asks: Ask) -> list[Answer]:
        """Send them all at once, one on each connection; returns their answers in order."""
        for (_, writer), host, ask in zip(self.streams, self.hosts, asks, strict=False):
            writer.write(ask.encoded(host))
        reading = (_read(reader) for reader, _ in self.streams[: len(asks)])
        async with asyncio.timeout(ANSWER_SECONDS):
            return await asyncio.gather(*reading)


async def _read(reader: asyncio.StreamReader) -> Answer:
    """One answer with a Content-Length."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(status.split()[1]), body)


def at_once(urls: Sequence[str], asks: Sequence[Ask]) -> list[Answer]:
    """One volley over fresh connections."""

    async def volley() -> list[Answer]:
        async with Crowd(urls, len(asks)) as crowd:
            return await crowd.ask(*asks)

    return asyncio.run(volley())
