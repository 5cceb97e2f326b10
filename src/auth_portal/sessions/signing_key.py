"""One signing key: how it is named, made, sealed for storage and opened again."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from auth_portal.core.secrets import Keyring, Randomness, decode, encode
from auth_portal.sessions.store import StoredKey

Key = ECKey | OKPKey | RSAKey | OctKey
RSA_BITS = 2048
NOISE_BYTES = 8
MARK_BYTES = 8
KID_CHARACTERS = 22
SHARED = "HS256"
ALGORITHMS = ("ES256", "Ed25519", "RS256", SHARED)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key in use; without `private` it only verifies. The shared secret has the empty `kid`."""

    kid: str
    algorithm: str
    public: Key = field(repr=False)
    private: Key | None = field(repr=False)
    signs_from: datetime
    segment: str = field(init=False, repr=False)  # the first part of every token that it signs
    curve: EllipticCurvePrivateKey | None = field(init=False, repr=False)  # the private half of an ES256 key

    def __post_init__(self) -> None:
        """Write the header once, and take the library's own key out of joserfc's."""
        written = json.dumps(self.headers, separators=(",", ":"))
        object.__setattr__(self, "segment", encode(written.encode()))
        private = self.private if isinstance(self.private, ECKey) else None
        object.__setattr__(self, "curve", private.private_key if private is not None else None)

    @property
    def headers(self) -> dict[str, str]:
        """The header of every token that it signs, and of no other token that we accept (RFC 9068)."""
        headers = {"alg": self.algorithm, "typ": "at+jwt"}
        return headers | {"kid": self.kid} if self.kid else headers


def new_kid(keyring: Keyring, randomness: Randomness) -> str:
    """A name that carries a mark under our own key, so that an invented one costs us no query."""
    noise = randomness(NOISE_BYTES)
    return encode(noise + keyring.current.tag(b"kid" + noise)[:MARK_BYTES])


def is_ours(kid: str, keyring: Keyring) -> bool:
    """Some instance with our root secret made this name (SECURITY.md TK4: no I/O for any other)."""
    if len(kid) != KID_CHARACTERS:
        return False
    try:
        raw = decode(kid)
    except ValueError:
        return False
    noise, mark = raw[:NOISE_BYTES], raw[NOISE_BYTES:]
    return any(compare_digest(mark, key.tag(b"kid" + noise)[:MARK_BYTES]) for key in keyring.keys)


def make(algorithm: str, kid: str, now: datetime, signs_from: datetime, sealing: Keyring) -> StoredKey:
    """A new key of that algorithm, ready to be stored. RSA takes a tenth of a second or more."""
    key = _generate(algorithm)
    names = {"kid": kid, "alg": algorithm, "use": "sig"}
    public = json.dumps({**key.as_dict(private=False), **names})
    sealed = sealing.seal(json.dumps(key.as_dict(private=True)).encode(), about=kid.encode())
    return StoredKey(kid, algorithm, public, sealed, now, signs_from)


def open_stored(stored: StoredKey, sealing: Keyring) -> SigningKey:
    """The key in use. Its private half is missing when another root secret sealed it."""
    private: Key | None
    try:
        opened = sealing.unseal(stored.sealed, about=stored.kid.encode())
        private = _import(stored.algorithm, json.loads(opened))
    except ValueError:
        private = None
    public = _import(stored.algorithm, json.loads(stored.public))
    return SigningKey(stored.kid, stored.algorithm, public, private, stored.signs_from)


def shared(secret: bytes, now: datetime) -> SigningKey:
    """The secret that other services verify HS256 tokens with."""
    key = OctKey.import_key(secret)
    return SigningKey("", SHARED, key, key, now)


def _generate(algorithm: str) -> ECKey | OKPKey | RSAKey:
    """Fresh material for one of the algorithms that have a public half."""
    if algorithm == "ES256":
        return ECKey.generate_key("P-256")
    if algorithm == "Ed25519":
        return OKPKey.generate_key("Ed25519")
    if algorithm == "RS256":
        return RSAKey.generate_key(RSA_BITS)
    raise ValueError(f"no signing keys are made for {algorithm}")


def _import(algorithm: str, jwk: dict[str, str | list[str]]) -> Key:
    """A key from its JWK, only of the kind that the algorithm works with."""
    kinds: dict[str, type[ECKey | OKPKey | RSAKey]] = {
        "ES256": ECKey,
        "Ed25519": OKPKey,
        "RS256": RSAKey,
    }
    return kinds[algorithm].import_key(jwk)
