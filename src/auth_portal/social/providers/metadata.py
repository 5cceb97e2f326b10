"""What an OpenID provider publishes about itself: its addresses and its keys, fetched and kept."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

from auth_portal.core.clock import Clock
from auth_portal.core.refusal import Refusal
from auth_portal.core.secrets import decode
from auth_portal.social.http_client import Answer, HttpClient
from auth_portal.social.provider import provider_failed
from auth_portal.social.providers.id_token import ALGORITHMS

FRESH = timedelta(hours=1)
STALE_BUT_USABLE = timedelta(hours=24)  # while the provider cannot be reached
LEAST_PAUSE = timedelta(seconds=30)  # between two looks that strangers could make us take
SMALLEST_RSA = 2048  # bits
MOST_KEYS = 64
HASTE = 0.3  # of the timeout: both may be due in one sign-in, and the provider is asked for a token too
OK = 200


class Metadata(msgspec.Struct, frozen=True):
    """The part of the discovery document that is used (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


@dataclass
class Published:
    """Metadata and key set of one issuer; safe when stale, so it may stay in the process."""

    issuer: str
    http: HttpClient
    clock: Clock
    _metadata: tuple[datetime, Metadata] | None = None
    _keys: tuple[datetime, dict[str, list[Key]]] | None = None
    _asked_at: datetime | None = None  # for the metadata, in vain or not
    _looked_at: datetime | None = None  # for the keys
    _searched_at: datetime | None = None  # for a key that was not among them
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def metadata(self) -> Metadata:
        """The discovery document. Raises `provider_failed` when there is none to be had."""
        async with self._lock:
            kept = self._metadata
            usable = kept is not None and self._age(kept[0]) < STALE_BUT_USABLE
            rested = self._asked_at is None or self._age(self._asked_at) >= LEAST_PAUSE
            if kept is not None and (self._age(kept[0]) < FRESH or (usable and not rested)):
                return kept[1]
            self._asked_at = self.clock()
            try:
                fetched = await self._discover(in_haste=usable)
            except Refusal:
                if kept is not None and usable:
                    return kept[1]
                raise
            self._metadata = (self.clock(), fetched)
            return fetched

    async def key(self, token: str, *, from_provider: bool) -> Key:
        """The key that the token's header names. Raises `provider_failed` for any other header.

        An unknown kid makes us look again: at once when the provider itself handed us the token (it
        has just changed its keys), rarely when an app brought it, for such tokens are free to make up.
        """
        algorithm, kid = _header(token)
        metadata = await self.metadata()
        async with self._lock:
            if self._keys_are_due():
                await self._fetch_keys(metadata.jwks_uri, in_haste=self._keys_are_usable())
            found = self._pick(kid, algorithm)
            if found is None and (from_provider or self._may_search()):
                self._searched_at = self.clock()
                await self._fetch_keys(metadata.jwks_uri, in_haste=False)
                found = self._pick(kid, algorithm)
        if found is None:
            raise provider_failed("ID token: no such key")
        return found

    async def _discover(self, *, in_haste: bool) -> Metadata:
        """Fetch and check the discovery document."""
        url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        answer = await self._get(url, in_haste=in_haste)
        if answer.status != OK:
            raise provider_failed(f"discovery: status {answer.status}")
        try:
            document = msgspec.convert(answer.body, Metadata)
        except msgspec.ValidationError as error:
            raise provider_failed(f"discovery: {error}") from None
        # A document that speaks for somebody else would make his tokens ours (Discovery 4.3).
        if document.issuer.rstrip("/") != self.issuer.rstrip("/"):
            raise provider_failed("discovery: another issuer")
        self.http.check(document.authorization_endpoint)  # people are sent there: never without TLS
        return document

    async def _fetch_keys(self, url: str, *, in_haste: bool) -> None:
        """Fetch the key set; keep the old one for a day while it cannot be had."""
        self._looked_at = self.clock()
        try:
            answer = await self._get(url, in_haste=in_haste)
            if answer.status != OK:
                raise provider_failed(f"key set: status {answer.status}")
            self._keys = (self.clock(), _usable(answer.body))
        except Refusal:
            if not self._keys_are_usable():
                raise

    async def _get(self, url: str, *, in_haste: bool) -> Answer:
        """GET `url`; in haste where a copy is kept, or the sign-in's own deadline would end it first.

        Raises `provider_failed` as `HttpClient.get` does.
        """
        limit = self.http.timeout.total_seconds() * HASTE if in_haste else None
        try:
            async with asyncio.timeout(limit):
                return await self.http.get(url)
        except TimeoutError:
            raise provider_failed("no newer copy in time") from None

    def _pick(self, kid: str | None, algorithm: str) -> Key | None:
        """The one key of that name and kind; without a name only if there is no choice."""
        kept = {} if self._keys is None else self._keys[1]
        named = kept.get(kid, []) if kid is not None else [key for keys in kept.values() for key in keys]
        fitting = [key for key in named if _fits(key, algorithm)]
        return fitting[0] if len(fitting) == 1 else None

    def _keys_are_due(self) -> bool:
        """There are none, or none that may be used any more, or it is time to look for newer ones."""
        age = STALE_BUT_USABLE if self._keys is None else self._age(self._keys[0])
        rested = self._looked_at is None or self._age(self._looked_at) >= LEAST_PAUSE
        return age >= STALE_BUT_USABLE or (age >= FRESH and rested)

    def _keys_are_usable(self) -> bool:
        """There are some, at most a day old."""
        return self._keys is not None and self._age(self._keys[0]) < STALE_BUT_USABLE

    def _may_search(self) -> bool:
        """Enough time has passed since somebody last made us search."""
        return self._searched_at is None or self._age(self._searched_at) >= LEAST_PAUSE

    def _age(self, since: datetime) -> timedelta:
        """How long ago that was; a clock that was set back makes it fresh, not wrong."""
        return self.clock() - since


def _header(token: str) -> tuple[str, str | None]:
    """`alg` and `kid` of the token, unverified: they only choose among keys we fetched ourselves."""
    try:
        told = msgspec.json.decode(decode(token.split(".", 1)[0]))
    except (ValueError, UnicodeError, RecursionError):
        raise provider_failed("ID token: no JWT") from None
    algorithm = told.get("alg") if isinstance(told, dict) else None
    if algorithm not in ALGORITHMS:
        raise provider_failed("ID token: alg")
    kid = told.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise provider_failed("ID token: kid")
    return algorithm, kid


def _usable(document: object) -> dict[str, list[Key]]:
    """The public signing keys of a key set by kid; anything else in it is passed over."""
    told = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(told, list):
        raise provider_failed("key set: no keys")
    kept: dict[str, list[Key]] = {}
    for one in told[:MOST_KEYS]:
        if not isinstance(one, dict) or one.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        if one.get("use", "sig") != "sig" or not isinstance(one.get("kid", ""), str):
            continue
        try:
            key = JWKRegistry.import_key({name: one[name] for name in one if name in _PUBLIC})
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if not isinstance(key, RSAKey) or key.public_key.key_size >= SMALLEST_RSA:
            kept.setdefault(one.get("kid", ""), []).append(key)
    return kept


_PUBLIC = frozenset({"kty", "kid", "alg", "use", "n", "e", "crv", "x", "y"})


def _fits(key: Key, algorithm: str) -> bool:
    """The key is of the kind that the algorithm needs, and not meant for another one."""
    kind = {"RS": RSAKey, "PS": RSAKey, "ES": ECKey, "Ed": OKPKey}[algorithm[:2]]
    meant = key.as_dict(private=False).get("alg")
    return isinstance(key, kind) and meant in {None, algorithm}
