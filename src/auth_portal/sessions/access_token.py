"""The access token: a JWT after RFC 9068, written with our key, read with suspicion."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from auth_portal.core.clock import Clock, to_seconds
from auth_portal.core.refusal import unauthorized
from auth_portal.core.secrets import Randomness, decode, encode, system_randomness
from auth_portal.sessions.claims import Claims, Verdicts
from auth_portal.sessions.keys import KeyRoom
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.signature import Signer
from auth_portal.sessions.signing_key import SHARED, SigningKey

MOST_CHARACTERS = 8192
SECOND = timedelta(seconds=1)
JTI_BYTES = 12
JTIS_AT_ONCE = 64
LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second that a datetime can hold
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
HEADERS = frozenset({"alg", "typ", "kid"})


_headers = msgspec.json.Decoder(dict[str, str])
_claims = msgspec.json.Decoder(Claims)
_written = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class AccessTokens:
    """Writes and reads access tokens for one issuer and one audience (ASVS 5.0 V9)."""

    keys: KeyRoom
    issuer: str
    audience: str
    clock: Clock
    rules: SessionRules
    randomness: Randomness = system_randomness
    _verdicts: Verdicts = field(default_factory=Verdicts, repr=False)
    _sign: Signer = field(default_factory=Signer, repr=False)
    _ids: Iterator[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin to name tokens."""
        object.__setattr__(self, "_ids", _token_ids(self.randomness))

    async def write(self, account_id: str, session_id: str, issued_at: datetime) -> tuple[str, int]:
        """A token that says it was issued at that instant, and when it ends: whole seconds since 1970.

        Raises unavailable when no key can sign. `await keys.fresh()` beforehand.
        """
        key, version = self.keys.signing(), self.keys.version
        issued = to_seconds(issued_at)
        expires = issued + self.rules.access // SECOND
        claims = Claims(self.issuer, self.audience, account_id, session_id, next(self._ids), issued, expires)
        token = await self._sign(key, _payload(claims, key))
        if version == self.keys.version:  # it will be shown to us: no need to verify our own hand
            self._verdicts.keep(_digest(token), claims, version)
        return token, expires

    async def read(self, token: str, *, expired_too: bool = False) -> Claims:
        """What the token says. Raises the one 401 for what we did not write or is not valid now.

        `expired_too` accepts a token that is genuine but past its end: signing out must work then.
        """
        if len(token) > MOST_CHARACTERS:
            raise unauthorized("access token too long")
        now = self.clock()
        if self.keys.due(now):
            await self.keys.fresh()
        digest = _digest(token)
        claims = self._verdicts.find(digest, self.keys.version)
        if claims is None:
            claims = await self._verify(token)
            self._verdicts.keep(digest, claims, self.keys.version)
        self._check_time(claims, now.timestamp(), expired_too=expired_too)
        return claims

    async def _verify(self, token: str) -> Claims:
        """Signature first, by the one algorithm of the key that is named, then the claims."""
        if SHAPE.fullmatch(token) is None:
            raise unauthorized("not of the shape of a JWS")
        head, body, signature = token.split(".")
        try:
            decode(signature)
            key = await self._key(_headers.decode(decode(head)))
            jws.deserialize_compact(token, key.public, algorithms=[key.algorithm])
            claims = _claims.decode(decode(body))
        except (ValueError, RecursionError, JoseError) as fault:
            raise unauthorized(f"access token refused: {type(fault).__name__}") from None
        self._check_parties(claims)
        return claims

    async def _key(self, headers: dict[str, str]) -> SigningKey:
        """The key that the header names. Any header that we do not write ourselves is refused.

        So `jwk`, `jku`, `x5u` and `crit` are never followed, and the token does not choose its
        algorithm (RFC 8725 sections 3.1 and 3.10, CVE-2026-32597).
        """
        if not headers.keys() <= HEADERS or headers.get("typ") != "at+jwt":
            raise unauthorized("access token with a foreign header")
        kid = headers.get("kid", "")
        key = self.keys.verifying(kid)
        if key is None and kid:
            await self.keys.learn(kid)
            key = self.keys.verifying(kid)
        if key is None:
            raise unauthorized("access token names a key that is not known here")
        if headers != key.headers:
            raise unauthorized("access token with another algorithm than its key's")
        return key

    def _check_parties(self, claims: Claims) -> None:
        """From us, for us, letter by letter (RFC 8725 sections 3.8 and 3.9)."""
        if claims.issuer != self.issuer or claims.audience != self.audience:
            raise unauthorized("access token of another issuer or audience")
        if not 0 <= claims.expires <= LATEST:
            raise unauthorized("access token with an impossible end")

    def _check_time(self, claims: Claims, now: float, *, expired_too: bool) -> None:
        """Compared at each use, never remembered."""
        if not expired_too and now >= claims.expires:
            raise unauthorized("access token expired")
        if max(claims.issued, claims.begins) > now + self.rules.leeway.total_seconds():
            raise unauthorized("access token from the future")


def _token_ids(randomness: Randomness) -> Iterator[str]:
    """Names for tokens; many are drawn at once, since they are no secrets and each draw is a system call."""
    while True:
        drawn = randomness(JTI_BYTES * JTIS_AT_ONCE)
        for start in range(0, len(drawn), JTI_BYTES):
            yield encode(drawn[start : start + JTI_BYTES])


def _digest(token: str) -> bytes:
    """Under which a token is remembered: memory that leaks holds no tokens."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _payload(claims: Claims, key: SigningKey) -> bytes:
    """The claims as they are written; with a shared secret also as services of the original read them."""
    if key.algorithm == SHARED:
        theirs = {"id": claims.account_id, "sessionId": claims.session_id}
        return _written(msgspec.to_builtins(claims) | theirs)
    return _written(claims)
