"""Mutations of requests that were right: tokens, cookies, headers, bodies, paths, raw bytes; by a seed."""

import json
from dataclasses import dataclass
from random import Random

NASTY = (
    b"\x00", b"\xff\xfe", b"%00", b"\r\nX-Injected: 1", b"{{7*7}}", b"' OR 1=1 --", b"../../etc/passwd",
    "\ud83e\udd8a".encode("utf-8", "surrogatepass"), "\u202e\u0000\uff20".encode(), b"9" * 400, b"A" * 5000,
    b"-1", b"NaN", b"1e400", b"null", b"[]", b'{"$gt":""}', b"$argon2id$v=19$m=99999999,t=9,p=9$AAAA$AAAA",
)  # fmt: skip
VALUES: tuple[object, ...] = (
    None, True, 0, -1, 1e308, 2**63, "", " ", "\x00", "a" * 5000, [], {}, [[]], {"$gt": ""},
    "\ud800", "a@b@c", "\uff21\uff24\uff21@example.com", ["a@example.com"], "\u202e",
)  # fmt: skip
METHODS = (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"FOO")
TYPES = (
    b"application/json", b"application/json; charset=utf-16", b"text/plain", b"multipart/form-data",
    b"application/x-www-form-urlencoded", b"", b"application/json;" + b"x" * 300,
)  # fmt: skip


@dataclass(frozen=True)
class Wire:
    """A request on its way: everything in bytes, so that anything can be wrong with it."""

    method: bytes
    path: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""

    def encoded(self) -> bytes:
        """With a right Content-Length, unless a header says otherwise."""
        lines = [self.method + b" " + self.path + b" HTTP/1.1", b"Host: 127.0.0.1"]
        lines += [name + b": " + value for name, value in self.headers]
        if not any(name.lower() in {b"content-length", b"transfer-encoding"} for name, _ in self.headers):
            lines.append(b"Content-Length: " + str(len(self.body)).encode())
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def mutant(random: Random, request: Wire) -> Wire:
    """One to three mutations, on top of each other."""
    for _ in range(random.randint(1, 3)):
        request = random.choice((_head, _head, _body, _field, _field, _path, _method, _extra))(
            random, request
        )
    return request


def scarred(random: Random, text: bytes) -> bytes:
    """The text with one wound."""
    at = random.randrange(len(text) + 1)
    before, after = text[:at], text[at:]
    flipped = bytes(byte ^ (1 << random.randrange(8)) for byte in after[:1])
    wounds = (
        before + flipped + after[1:],
        before,
        before + random.choice(NASTY) + after,
        text + text,
        random.randbytes(random.randrange(1, 200)),
        before + b"." + after,
        text.swapcase(),
        random.choice(NASTY),
    )
    return random.choice(wounds)


def _head(random: Random, request: Wire) -> Wire:
    """A header's value: usually a credential."""
    if not request.headers:
        return _extra(random, request)
    headers = list(request.headers)
    which = random.randrange(len(headers))
    name, value = headers[which]
    wounded = scarred(random, value)
    if random.random() < 0.9:  # the parser refuses line breaks and NULs; most should get past it
        wounded = wounded.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")
    headers[which] = (name, wounded)
    return Wire(request.method, request.path, tuple(headers), request.body)


def _extra(random: Random, request: Wire) -> Wire:
    """A header more, or one twice."""
    more = random.choice(
        (
            (b"Cookie", b"refresh=" + random.randbytes(40).hex().encode()),
            (b"Cookie", b";;=;=;" * random.randrange(1, 60)),
            (b"Authorization", b"Bearer " + b"a." * random.randrange(1, 500)),
            (b"Authorization", b"Basic " + random.choice(NASTY).hex().encode()),
            (b"X-Forwarded-For", b"1.2.3.4, " * random.randrange(1, 60) + b"::1"),
            (b"X-Forwarded-For", random.randbytes(8).hex().encode()),
            (b"Forwarded", b'for="[::1"; by=;;for=_x'),
            (b"Origin", random.choice((b"null", b"https://", b"https://evil.example", b"://"))),
            (b"Accept-Language", b"de;q=9,*;q=-1,;;," + b"x-" * random.randrange(1, 200)),
            (b"User-Agent", b"Mozilla/5.0 (" + bytes(random.choices(range(32, 127), k=300))),
            (b"Content-Type", random.choice(TYPES)),
            (b"refresh", b"aprt_" + random.randbytes(60).hex().encode()),
            (b"Sec-Fetch-Site", random.choice((b"cross-site", b"none", b"x"))),
            (b"Content-Encoding", b"gzip"),
            (b"Range", b"bytes=0-1,3-1,-5"),
            (b"If-None-Match", b'"' + b"x" * 300 + b'"'),
            (b"Expect", b"200-maybe"),
        )
    )
    return Wire(request.method, request.path, (*request.headers, more), request.body)


def _body(random: Random, request: Wire) -> Wire:
    """The bytes of the body."""
    return Wire(request.method, request.path, request.headers, scarred(random, request.body))


def _field(random: Random, request: Wire) -> Wire:
    """One field of the body: of another type, missing, or with another beside it."""
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        return _body(random, request)
    if not isinstance(said, dict) or not said:
        return _body(random, request)
    name = random.choice(sorted(said))
    if random.random() < 0.2:
        said.pop(name)
    elif random.random() < 0.2:
        said[random.choice(("__proto__", "id", "role", "hash[$ne]", ""))] = random.choice(VALUES)
    else:
        said[name] = random.choice(VALUES)
    return Wire(request.method, request.path, request.headers, json.dumps(said).encode())


def _path(random: Random, request: Wire) -> Wire:
    """The address."""
    endings = (b"/", b"//", b"?a=%", b"?limit=x&before=%00", b"/..;/", b"%2e%2e/", b"?" + b"a=1&" * 200)
    if random.random() < 0.5:
        return Wire(request.method, request.path + random.choice(endings), request.headers, request.body)
    wounded = b"/" + scarred(random, request.path[1:])
    if random.random() < 0.9:
        wounded = bytes(byte for byte in wounded if 32 < byte < 127)
    return Wire(request.method, wounded[:3000], request.headers, request.body)


def _method(random: Random, request: Wire) -> Wire:
    """The verb."""
    return Wire(random.choice(METHODS), request.path, request.headers, request.body)
