"""Reading a body: at most so many bytes, in time, JSON and nothing else, one object, each key once."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any, NoReturn

from auth_portal.core.refusal import invalid
from auth_portal.http.call import Call
from auth_portal.http.refusals import (
    BAD_REQUEST,
    MALFORMED_BODY,
    NOT_JSON,
    REQUEST_TIMEOUT,
    TOO_LARGE,
    HttpRefusal,
)

LONGEST_ARRIVAL = 15.0  # seconds for a whole body: slow senders are cut (IN1)
CLOSE = ((b"connection", b"close"),)  # what is still on its way shall not be read to its end

Fields = dict[str, Any]


class Gone(Exception):  # noqa: N818 -- it is no mistake of anybody
    """The client went away while it was sending; nobody waits for an answer."""


async def read_fields(call: Call, largest: int) -> Fields:
    """The body's fields; {} for an empty one. Raises HttpRefusal or a validation Refusal."""
    headers = call.headers
    length = headers.get(b"content-length")
    if length == b"0" or (length is None and b"transfer-encoding" not in headers):
        return {}
    if length is not None and (not length.isdigit() or int(length[:20]) > largest):
        raise HttpRefusal(TOO_LARGE if length.isdigit() else BAD_REQUEST, CLOSE)
    raw = await _receive(call, largest)
    if not raw:
        return {}
    kind = call.header(b"content-type").partition(";")[0].strip().lower()
    if kind != "application/json" or call.header(b"content-encoding").lower() not in {"", "identity"}:
        raise HttpRefusal(NOT_JSON)
    return parse(raw)


async def _receive(call: Call, largest: int) -> bytes:
    """All of it, counted while it arrives, so that no length has to be believed."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(LONGEST_ARRIVAL):
            while True:
                message = await call.receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                part = message.get("body", b"")
                size += len(part)
                if size > largest:
                    raise HttpRefusal(TOO_LARGE, CLOSE)
                parts.append(part)
                if not message.get("more_body", False):
                    return parts[0] if len(parts) == 1 else b"".join(parts)
    except TimeoutError:
        raise HttpRefusal(REQUEST_TIMEOUT, CLOSE) from None


def parse(raw: bytes) -> Fields:
    """One JSON object. Raises HttpRefusal for whatever is none, a Refusal for text nobody can keep."""
    try:
        said = _read(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HttpRefusal(MALFORMED_BODY) from None
    if not isinstance(said, dict):
        raise HttpRefusal(MALFORMED_BODY)
    if b"\\u" in raw:  # only an escape can bring these: a raw NUL or surrogate is no JSON, no UTF-8
        _refuse_unkeepable(said)
    return said


def _object(pairs: list[tuple[str, Any]]) -> Fields:
    """Each key once: two readers of one body must not see two different values."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key stands twice")
    return fields


def _constant(name: str) -> NoReturn:
    """NaN and Infinity are no JSON (RFC 8259 section 6)."""
    raise ValueError(name)


_read = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode


def _refuse_unkeepable(said: Fields) -> None:
    """NUL ends strings in databases and C; a lone surrogate cannot be written as UTF-8 at all."""
    faults: dict[str, str | list[str]] = {}
    for name, value in said.items():
        for text in _texts(name, value):
            if "\0" in text or any("\ud800" <= mark <= "\udfff" for mark in text):
                clean = name.replace("\0", "").encode("utf-8", "replace").decode()[:64]
                faults[clean] = f"{clean} must not contain NUL or lone surrogates"
    if faults:
        raise invalid(**faults)


def _texts(name: str, value: object) -> Iterable[str]:
    """Every text in a value, names included; a stack of our own, so that depth is no matter."""
    yield name
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
