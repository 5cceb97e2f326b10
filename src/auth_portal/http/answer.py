"""What goes back: a status, bytes, and headers that are ready to be sent."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from starlette.responses import Response

RawHeaders = tuple[tuple[bytes, bytes], ...]

JSON: RawHeaders = ((b"content-type", b"application/json"),)
PROBLEM: RawHeaders = ((b"content-type", b"application/problem+json"),)
CACHEABLE: RawHeaders = (*JSON, (b"cache-control", b"public, max-age=300"))

encode = msgspec.json.Encoder().encode


class Dress(Enum):
    """Which of the fixed headers an answer is dressed in."""

    API = "api"  # never kept, allowed to do nothing
    PUBLIC = "public"  # may be kept: the answer brings its own Cache-Control
    PAGE = "page"  # brings its own policy too


@dataclass(slots=True)
class Answer:
    """One answer. The application adds length, request id, CORS and the headers of its dress."""

    status: int = 200
    body: bytes = b""
    headers: RawHeaders = ()
    dress: Dress = Dress.API


def json_answer(said: Any, status: int = 200, more: RawHeaders = ()) -> Answer:
    """A JSON body; `said` is a struct, a mapping or a list of such."""
    return Answer(status, encode(said), JSON + more if more else JSON)


def redirect(url: str, status: int, more: RawHeaders = ()) -> Answer:
    """To another address; 303 wherever the next request must be a GET (RFC 9700 section 4.12)."""
    return Answer(status, b"", ((b"location", url.encode("latin-1")), *more))


def page_answer(response: Response) -> Answer:
    """What a page's endpoint made, in our form; pages are never streamed."""
    kept = tuple((name, value) for name, value in response.raw_headers if name != b"content-length")
    return Answer(response.status_code, bytes(response.body), kept, Dress.PAGE)
