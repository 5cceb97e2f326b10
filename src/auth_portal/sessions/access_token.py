"""The access token: a JWT after RFC 9068, written with our key, read with suspicion."""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from auth_portal.core.clock import EPOCH, Clock, to_milliseconds
from auth_portal.core.refusal import unauthorized
from auth_portal.core.secrets import Randomness, decode, encode, system_randomness
from auth_portal.sessions.keys import KeyRoom
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.signing_key import SHARED, SigningKey

MOST_CHARACTERS = 8192
MOST_REMEMBERED = 10_000
MILLISECOND = timedelta(milliseconds=1)
JTI_BYTES = 12
LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second that a datetime can hold
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
HEADERS = frozenset({"alg", "typ", "kid"})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a genuine access token says."""

    account_id: str
    session_id: str
    expires_at: datetime


class _Payload(msgspec.Struct, frozen=True):
    """The claims by their names on the wire. Types are strict: no text for a number, no list."""

    iss: str
    aud: str
    sub: str
    sid: str
    jti: str
    iat: int
    exp: int
    nbf: int | msgspec.UnsetType = msgspec.UNSET


_headers = msgspec.json.Decoder(dict[str, str])
_payloads = msgspec.json.Decoder(_Payload)


@dataclass
class _Verdicts:
    """Tokens whose signature was found right under key set `version`: by digest, oldest out first."""

    version: int = -1
    genuine: OrderedDict[bytes, _Payload] = field(default_factory=OrderedDict)


@dataclass(frozen=True)
class AccessTokens:
    """Writes and reads access tokens for one issuer and one audience (ASVS 5.0 V9)."""

    keys: KeyRoom
    issuer: str
    audience: str
    clock: Clock
    rules: SessionRules
    randomness: Randomness = system_randomness
    _verdicts: _Verdicts = field(default_factory=_Verdicts, repr=False)

    def write(self, account_id: str, session_id: str, issued_at: datetime) -> tuple[str, datetime]:
        """A token that says it was issued at that instant (whole seconds), and when it ends.

        Raises unavailable when no key can sign. `await keys.fresh()` beforehand.
        """
        key = self.keys.signing()
        issued = (issued_at - EPOCH) // timedelta(seconds=1)
        expires = issued + self.rules.access // timedelta(seconds=1)
        claims: dict[str, str | int] = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": account_id,
            "sid": session_id,
            "jti": encode(self.randomness(JTI_BYTES)),
            "iat": issued,
            "exp": expires,
        }
        if key.algorithm == SHARED:
            claims |= {"id": account_id, "sessionId": session_id}  # services of the original read these
        payload = msgspec.json.encode(claims)
        token = jws.serialize_compact(key.headers, payload, key.private, algorithms=[key.algorithm])
        return token, EPOCH + timedelta(seconds=expires)

    async def read(self, token: str, *, expired_too: bool = False) -> Claims:
        """What the token says. Raises the one 401 for what we did not write or is not valid now.

        `expired_too` accepts a token that is genuine but past its end: signing out must work then.
        """
        if len(token) > MOST_CHARACTERS:
            raise unauthorized("access token too long")
        if self.keys.due():
            await self.keys.fresh()
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        payload = self._remembered(digest)
        if payload is None:
            payload = await self._verify(token)
            self._remember(digest, payload)
        self._check_time(payload, expired_too=expired_too)
        return Claims(payload.sub, payload.sid, EPOCH + timedelta(seconds=payload.exp))

    def _remembered(self, digest: bytes) -> _Payload | None:
        """The claims of a token whose signature was checked before, under the present key set."""
        if self._verdicts.version != self.keys.version:
            self._verdicts.genuine.clear()
            self._verdicts.version = self.keys.version
        return self._verdicts.genuine.get(digest)

    def _remember(self, digest: bytes, payload: _Payload) -> None:
        """Spare the next use the signature; bounded, and void once the keys change."""
        self._remembered(digest)
        self._verdicts.genuine[digest] = payload
        while len(self._verdicts.genuine) > MOST_REMEMBERED:
            self._verdicts.genuine.popitem(last=False)

    async def _verify(self, token: str) -> _Payload:
        """Signature first, by the one algorithm of the key that is named, then the claims."""
        if SHAPE.fullmatch(token) is None:
            raise unauthorized("not of the shape of a JWS")
        head, body, signature = token.split(".")
        try:
            decode(signature)
            key = await self._key(_headers.decode(decode(head)))
            jws.deserialize_compact(token, key.public, algorithms=[key.algorithm])
            payload = _payloads.decode(decode(body))
        except (ValueError, RecursionError, JoseError) as fault:
            raise unauthorized(f"access token refused: {type(fault).__name__}") from None
        self._check_parties(payload)
        return payload

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

    def _check_parties(self, payload: _Payload) -> None:
        """From us, for us, letter by letter (RFC 8725 sections 3.8 and 3.9)."""
        if payload.iss != self.issuer or payload.aud != self.audience:
            raise unauthorized("access token of another issuer or audience")
        if not 0 <= payload.exp <= LATEST:
            raise unauthorized("access token with an impossible end")

    def _check_time(self, payload: _Payload, *, expired_too: bool) -> None:
        """Compared at each use, never remembered."""
        now = to_milliseconds(self.clock())
        if not expired_too and now >= payload.exp * 1000:
            raise unauthorized("access token expired")
        latest = (now + self.rules.leeway // MILLISECOND) / 1000
        begins = payload.iat if payload.nbf is msgspec.UNSET else max(payload.iat, payload.nbf)
        if begins > latest:
            raise unauthorized("access token from the future")
