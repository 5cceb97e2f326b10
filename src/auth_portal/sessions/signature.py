"""The signature of an access token: a JWS in compact form, with as little around the signature as can be.

joserfc knows every algorithm, and reads and writes them all. ES256 stands in each refresh, and there
two thirds of its time go into what is the same for every token of a key: so the header is written
once, and the key's own library signs (decision 14).
"""

import asyncio

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws

from auth_portal.core.secrets import encode
from auth_portal.sessions.signing_key import SigningKey

NUMBER_BYTES = 32  # of each of the two numbers of an ES256 signature
ES256 = ECDSA(SHA256())


def sign(key: SigningKey, payload: bytes) -> str:
    """The token whose payload this is (RFC 7515 section 7.1). The key's private half must be here."""
    if key.curve is None:
        return jws.serialize_compact(key.headers, payload, key.private, algorithms=[key.algorithm])
    said = f"{key.segment}.{encode(payload)}"
    return f"{said}.{encode(side_by_side(key.curve.sign(said.encode(), ES256)))}"


class Signer:
    """Signs what the requests of one turn of the loop want, one signature right behind the other.

    ES256 works with a table of 150 KB. Between two requests' other work it is gone from the
    processor's caches each time, and a signature takes twice as long.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[SigningKey, bytes, asyncio.Future[str]]] = []

    async def __call__(self, key: SigningKey, payload: bytes) -> str:
        """As `sign`."""
        if key.curve is None:
            return sign(key, payload)
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._sign)
        signed: asyncio.Future[str] = loop.create_future()
        self._waiting.append((key, payload, signed))
        return await signed

    def _sign(self) -> None:
        """Sign for everyone who still waits."""
        waiting, self._waiting = self._waiting, []
        for key, payload, signed in waiting:
            if signed.done():
                continue
            try:
                signed.set_result(sign(key, payload))
            except Exception as fault:  # noqa: BLE001 -- whatever it is, the one who asked is told
                signed.set_exception(fault)


def side_by_side(der: bytes) -> bytes:
    """An ECDSA signature as JWS wants it: r and s, 32 bytes each (RFC 7518 section 3.4).

    `der` is the SEQUENCE of two INTEGERs that the library makes (RFC 3279 section 2.2.3); each may
    have a leading zero or be short.
    """
    middle = 4 + der[3]
    r, s = der[4:middle][-NUMBER_BYTES:], der[middle + 2 :][-NUMBER_BYTES:]
    return r.rjust(NUMBER_BYTES, b"\0") + s.rjust(NUMBER_BYTES, b"\0")
