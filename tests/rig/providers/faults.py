"""Everything a provider's endpoint may do instead of answering: each is a function of no arguments."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import RedirectResponse, Response, StreamingResponse

Fault = Callable[[], Awaitable[Response]]
METADATA_SERVICE = "http://169.254.169.254/latest/meta-data/"


async def stalls() -> Response:
    """Thirty seconds of nothing."""
    await asyncio.sleep(30)
    return Response("{}", media_type="application/json")


async def drips() -> Response:
    """A byte each half second: every single read is quick, the whole never ends."""

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"access_token": "'
        for _ in range(60):
            await asyncio.sleep(0.5)
            yield b"x"

    return StreamingResponse(slowly(), media_type="application/json")


async def breaks() -> Response:
    """Status 500."""
    return Response("oops", status_code=500)


async def leads_astray() -> Response:
    """A redirect to the metadata service of a cloud."""
    return RedirectResponse(METADATA_SERVICE, status_code=302)


async def floods() -> Response:
    """Ten megabytes of valid JSON."""
    return Response(b'{"x": "' + b"x" * 10_000_000 + b'"}', media_type="application/json")


async def babbles() -> Response:
    """Not JSON."""
    return Response("{'access_token': ", media_type="application/json")


async def nests() -> Response:
    """JSON that is deeper than any stack."""
    return Response("[" * 100_000, media_type="application/json")


async def bombs() -> Response:
    """A hundred megabytes in a hundred kilobytes."""
    body = gzip.compress(b'{"x": "' + b"x" * 100_000_000 + b'"}', compresslevel=9)
    return Response(body, media_type="application/json", headers={"Content-Encoding": "gzip"})


async def says_null() -> Response:
    """JSON of another shape."""
    return Response("null", media_type="application/json")


FAULTS: dict[str, Fault] = {
    "stalls 30 s": stalls,
    "drips": drips,
    "500": breaks,
    "redirects to 169.254.169.254": leads_astray,
    "10 MB": floods,
    "bad JSON": babbles,
    "deep JSON": nests,
    "gzip bomb": bombs,
    "null": says_null,
}
