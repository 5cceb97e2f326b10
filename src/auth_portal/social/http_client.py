"""Asking a provider over HTTP as one asks a stranger: briefly, and never further than the door."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from ssl import SSLContext
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import msgspec

from auth_portal.social.provider import provider_failed
from auth_portal.social.rules import SocialRules

if TYPE_CHECKING:
    import httpx

SERVER_ERROR = 500
AT_ONCE = 32  # connections to one provider; each has its own client, so a stall stays with its author
IDENTITY = {"", "identity"}


def trusted_roots() -> SSLContext:
    """The certificate authorities that everyone trusts. Reading them takes a while: do it once."""
    import httpx  # noqa: PLC0415 -- only a server that has providers pays for it

    return httpx.create_ssl_context()


def _client(roots: SSLContext) -> httpx.AsyncClient:
    """Reads no proxy, no .netrc and no cookie from the surroundings; follows nothing."""
    import httpx  # noqa: PLC0415 -- see above

    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=4)
    return httpx.AsyncClient(
        verify=roots,
        follow_redirects=False,
        trust_env=False,
        limits=limits,
        timeout=None,  # noqa: S113 -- one deadline stands around each whole request
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the JSON body as plain values, and the server's own clock."""

    status: int
    body: object
    told_at: datetime | None = None


@dataclass(frozen=True)
class HttpClient:
    """GET and POST for JSON, each within `timeout` in total however slowly the bytes drip."""

    timeout: timedelta
    largest: int  # bytes of one answer
    allow_http: bool  # http to loopback, for tests and for development
    client: httpx.AsyncClient

    @classmethod
    def under(cls, rules: SocialRules, roots: SSLContext) -> Self:
        """A client as the settings have it, with connections of its own."""
        return cls(rules.timeout, rules.largest_answer, rules.allow_http, _client(roots))

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """GET `url`. Raises `provider_failed` unless a JSON answer arrives whole and in time."""
        return await self._ask("GET", url, headers or {}, None)

    async def post(
        self, url: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """POST `form` urlencoded to `url`. Raises `provider_failed` as `get` does."""
        return await self._ask("POST", url, headers or {}, form)

    async def close(self) -> None:
        """Let go of idle connections."""
        await self.client.aclose()

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> Answer:
        """One request, one answer, one deadline over all of it (ASVS 5.0 15.3.2, 16.5.2)."""
        import httpx  # noqa: PLC0415 -- see above

        self.check(url)
        where = f"{method} {urlsplit(url).hostname}{urlsplit(url).path}"
        # Asked for uncompressed: a compressed answer is not read at all, so none can be a bomb.
        polite = {"accept": "application/json", "accept-encoding": "identity", **headers}
        try:
            async with (
                asyncio.timeout(self.timeout.total_seconds()),
                self.client.stream(method, url, headers=polite, data=form) as response,
            ):
                raw = await self._read(response, where)
                told_at = _instant(response.headers.get("date", ""))
                return Answer(response.status_code, _json(raw, where), told_at)
        except TimeoutError:
            raise provider_failed(f"{where}: no whole answer in time") from None
        # UnicodeError: no host by IDNA. OSError: of TLS, which httpx lets through once a handshake is over.
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
            raise provider_failed(f"{where}: {type(error).__name__}") from None

    async def _read(self, response: httpx.Response, where: str) -> bytes:
        """The body, at most `largest` bytes of it."""
        if response.is_redirect or response.status_code >= SERVER_ERROR:
            raise provider_failed(f"{where}: status {response.status_code}")
        if response.headers.get("content-encoding", "").strip().lower() not in IDENTITY:
            raise provider_failed(f"{where}: compressed although asked not to be")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self.largest:
                raise provider_failed(f"{where}: more than {self.largest} bytes")
        return bytes(body)

    def check(self, url: str) -> None:
        """TLS only; http where it cannot leave this machine, if the settings say so; nothing but ASCII."""
        if not url.isascii() or not url.isprintable():
            raise provider_failed("an address that is none")
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
            _ = parts.port  # raises ValueError when it is none
        except ValueError:
            raise provider_failed("an address that is none") from None
        if parts.scheme == "https" and host:
            return
        if parts.scheme == "http" and self.allow_http and _is_loopback(host):
            return
        raise provider_failed(f"{parts.scheme}://{host} is not asked")


def _is_loopback(host: str) -> bool:
    """The host is this machine and cannot be another."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _json(raw: bytes, where: str) -> object:
    """The decoded body; what is too deep or no JSON counts as the provider's fault."""
    try:
        decoded: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise provider_failed(f"{where}: not JSON") from None
    return decoded


def _instant(header: str) -> datetime | None:
    """The instant of a Date header, None for what is none."""
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
