"""Secrets: where randomness enters, what is derived from the root secret, how things are sealed."""

import os
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Randomness = Callable[[int], bytes]
"""Returns that many bytes from a cryptographically secure generator."""

VERSION_BYTES = 4
NONCE_BYTES = 12
TO_URL = bytes.maketrans(b"+/", b"-_")
FROM_URL = bytes.maketrans(b"-_", b"+/")


def system_randomness(size: int) -> bytes:
    """`size` bytes from the operating system's generator (ASVS 5.0 11.5.1)."""
    return os.urandom(size)


def encode(raw: bytes) -> str:
    """Base64url without padding (RFC 4648 section 5): needs no escaping in a URL or a header."""
    return b2a_base64(raw, newline=False).translate(TO_URL).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The inverse of `encode`, and of nothing else: ValueError for any other spelling.

    A second spelling of the same bytes (padding, spare bits, line breaks) is refused, so that one
    token has exactly one form.
    """
    raw = a2b_base64(text.encode("ascii").translate(FROM_URL) + b"=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("not in canonical base64url")
    return raw


class UnknownKey(ValueError):  # noqa: N818 -- what it is about, as the others
    """Sealed under another root secret; another instance may have it, or this one soon."""


@dataclass(frozen=True, slots=True)
class PurposeKey:
    """A 256-bit key for one purpose, with the short public name by which a token refers to it."""

    version: bytes
    material: bytes
    _begun: HMAC = field(init=False, repr=False, compare=False)  # knows the key, has read nothing yet

    def __post_init__(self) -> None:
        """Prepare the key once: that is most of what a short message costs."""
        object.__setattr__(self, "_begun", HMAC(self.material, SHA256()))

    def tag(self, message: bytes) -> bytes:
        """HMAC-SHA-256 of `message`: 32 bytes."""
        tagging = self._begun.copy()
        tagging.update(message)
        return tagging.finalize()


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one purpose: the first makes, all of them are accepted."""

    keys: tuple[PurposeKey, ...]

    @property
    def current(self) -> PurposeKey:
        """The key with which new things are made."""
        return self.keys[0]

    def named(self, version: bytes) -> PurposeKey | None:
        """The key that a token names, None when it is none of ours."""
        for key in self.keys:
            if key.version == version:
                return key
        return None

    def seal(self, plain: bytes, about: bytes = b"") -> bytes:
        """AES-256-GCM of `plain`, bound to `about`; key version and a fresh nonce stand in front."""
        nonce = os.urandom(NONCE_BYTES)
        return self.current.version + nonce + AESGCM(self.current.material).encrypt(nonce, plain, about)

    def unseal(self, sealed: bytes, about: bytes = b"") -> bytes:
        """The plain bytes. Raises UnknownKey, or ValueError when it was not sealed about `about`."""
        key = self.named(sealed[:VERSION_BYTES])
        if key is None:
            raise UnknownKey("sealed under a key that is not known here")
        body = sealed[VERSION_BYTES:]
        try:
            return AESGCM(key.material).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], about)
        except InvalidTag:
            raise ValueError("the seal is broken") from None


@dataclass(frozen=True, slots=True)
class RootSecret:
    """The one secret from which every other is derived, and those that came before it."""

    current: bytes
    previous: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        """Never the secret itself: this object may end up in a traceback."""
        return "RootSecret(…)"

    def keyring(self, purpose: str) -> Keyring:
        """The keys for `purpose`, the current root's first (HKDF-SHA-256, RFC 5869)."""
        return Keyring(tuple(_derive(root, purpose) for root in (self.current, *self.previous)))

    def check_values(self) -> tuple[bytes, ...]:
        """What a database may remember of the roots without learning them, the current one's first."""
        return tuple(_derive(root, "check-value").material for root in (self.current, *self.previous))


def _derive(root: bytes, purpose: str) -> PurposeKey:
    """One purpose's key and its public version, from one root."""
    okm = HKDF(SHA256(), 32 + VERSION_BYTES, b"auth-portal/1", purpose.encode()).derive(root)
    return PurposeKey(version=okm[32:], material=okm[:32])
