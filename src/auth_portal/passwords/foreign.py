"""Password hashes that came with imported people: verified only, then replaced by ours.

Formats (base64 is the standard alphabet, padded or not, `.` is read as `+`):

- bcrypt: `$2a$`, `$2b$`, `$2y$`. Only the first 72 bytes count, as where they came from.
- scrypt: `$scrypt$ln=16,r=8,p=1$<salt>$<hash>` (the PHC string of passlib and others).
- argon2i and argon2d: `$argon2i$v=19$m=65536,t=3,p=4$<salt>$<hash>`; argon2id is our own form.
- PBKDF2 as Django stores it: `pbkdf2_sha256$<iterations>$<salt as text>$<hash>`.
- Firebase's scrypt: `$firebase-scrypt$ln=14,r=8,ss=<salt separator>,key=<signer key>$<salt>$<hash>`, where
  ln is the project's mem_cost, r its rounds; salt and hash come from the account's export.
"""

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from hmac import compare_digest

import bcrypt
from argon2.exceptions import Argon2Error
from argon2.low_level import Type, verify_secret
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

BCRYPT_BYTES = 72
BCRYPT_COSTS = range(4, 16)  # below four nothing computes it
MOST_MEMORY = 256 * 1024 * 1024  # bytes: an imported hash must not be able to exhaust the server
MOST_LANES = 16
MOST_ITERATIONS = 10_000_000
MOST_STORED = 1024  # characters
MOST_PASSES_KIB = 4 * MOST_MEMORY // 1024  # memory times passes of an argon2
BASE64 = r"[A-Za-z0-9+/.]+={0,2}"
BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)
ARGON2 = re.compile(
    r"\$argon2([id])\$v=(?:16|19)\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,171}",
    re.ASCII,
)
SCRYPT = re.compile(
    rf"\$scrypt\$ln=(\d{{1,2}}),r=(\d{{1,3}}),p=(\d{{1,3}})\$({BASE64})\$({BASE64})", re.ASCII
)
DJANGO = re.compile(rf"pbkdf2_sha256\$(\d{{1,9}})\$([!-#%-~]{{1,128}})\$({BASE64})", re.ASCII)
FIREBASE = re.compile(
    rf"\$firebase-scrypt\$ln=(\d{{1,2}}),r=(\d{{1,3}}),ss=({BASE64}|),key=({BASE64})\$({BASE64})\$({BASE64})",
    re.ASCII,
)


def is_foreign(stored: str) -> bool:
    """It has one of the forms above, with parameters that we are willing to compute."""
    return _checker(stored) is not None


def matches(password: bytes, stored: str) -> bool:
    """Whether the password is the one; False as well for a form that is none of the above."""
    check = _checker(stored)
    try:
        return check is not None and check(password)
    except (ValueError, Base64Error, MemoryError, Argon2Error):
        return False


def _checker(stored: str) -> Callable[[bytes], bool] | None:
    """The computation that belongs to the form, None for an unknown or outrageous one."""
    if len(stored) > MOST_STORED:
        return None
    if found := BCRYPT.fullmatch(stored):
        cheap = int(found[1]) in BCRYPT_COSTS
        return (lambda password: _bcrypt(password, stored)) if cheap else None
    if found := ARGON2.fullmatch(stored):
        memory, passes, lanes = (int(found[group]) for group in (2, 3, 4))
        fair = 0 < 8 * lanes <= memory <= MOST_MEMORY // 1024 and 0 < memory * passes <= MOST_PASSES_KIB
        type_ = Type.I if found[1] == "i" else Type.D
        return (lambda password: verify_secret(stored.encode(), password, type_)) if fair else None
    return _checker_by_derivation(stored)


def _checker_by_derivation(stored: str) -> Callable[[bytes], bool] | None:
    """The forms whose key we derive and compare ourselves."""
    if found := SCRYPT.fullmatch(stored):
        ln, r, p = (int(found[group]) for group in (1, 2, 3))
        salt, expected = found[4], found[5]
        return _affordable(ln, r, p, lambda password: _scrypt(password, (ln, r, p), salt, expected))
    if found := DJANGO.fullmatch(stored):
        rounds, text, expected = int(found[1]), found[2], found[3]
        fair = 0 < rounds <= MOST_ITERATIONS
        return (lambda password: _pbkdf2(password, rounds, text, expected)) if fair else None
    if found := FIREBASE.fullmatch(stored):
        ln, r = int(found[1]), int(found[2])
        separator, key, salt, expected = found[3], found[4], found[5], found[6]
        return _affordable(
            ln, r, 1, lambda password: _firebase(password, (ln, r), (separator, key), salt, expected)
        )
    return None


def _affordable(ln: int, r: int, p: int, check: Callable[[bytes], bool]) -> Callable[[bytes], bool] | None:
    """The check, if its memory and time are within bounds."""
    fair = ln > 0 < r and 0 < p <= MOST_LANES and 128 * r * 2**ln <= MOST_MEMORY
    return check if fair else None


def _bcrypt(password: bytes, stored: str) -> bool:
    """The library raises above 72 bytes, where bcrypt itself cuts; so we cut, as the origin did."""
    return bcrypt.checkpw(password[:BCRYPT_BYTES], stored.encode())


def _scrypt(password: bytes, cost: tuple[int, int, int], salt: str, expected: str) -> bool:
    """RFC 7914, as long as the stored hash is."""
    hashed = _base64(expected)
    return compare_digest(_derive(password, _base64(salt), cost, len(hashed)), hashed)


def _pbkdf2(password: bytes, rounds: int, salt: str, expected: str) -> bool:
    """RFC 8018; Django's salt is text, used as its own bytes."""
    return compare_digest(hashlib.pbkdf2_hmac("sha256", password, salt.encode(), rounds), _base64(expected))


def _firebase(
    password: bytes, cost: tuple[int, int], project: tuple[str, str], salt: str, expected: str
) -> bool:
    """Firebase encrypts the project's signer key under a key derived from the password."""
    separator, signer_key = (_base64(part) for part in project)
    derived = _derive(password, _base64(salt) + separator, (*cost, 1), 32)
    encryptor = Cipher(AES(derived), CTR(bytes(16))).encryptor()
    return compare_digest(encryptor.update(signer_key) + encryptor.finalize(), _base64(expected))


def _derive(password: bytes, salt: bytes, cost: tuple[int, int, int], size: int) -> bytes:
    """scrypt; OpenSSL wants to be told that it may use the memory that it needs."""
    ln, r, p = cost
    needed = 128 * r * (2**ln + p + 2) + 1024 * 1024
    return hashlib.scrypt(password, salt=salt, n=2**ln, r=r, p=p, maxmem=needed, dklen=size)


def _base64(text: str) -> bytes:
    """Padded or not, `+` also written `.`. Raises ValueError for anything else."""
    plain = text.rstrip("=").replace(".", "+")
    return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
