"""The refresh token: a name and a proof under a key outside the database, so nothing of it is stored."""

from dataclasses import dataclass
from hmac import compare_digest

from msgspec import Struct

from auth_portal.core.ids import as_uuid
from auth_portal.core.refusal import unauthorized
from auth_portal.core.secrets import VERSION_BYTES, Keyring, decode, encode

PREFIX = "aprt_"  # so that leak scanners find our refresh tokens, and we tell them from access tokens
PREFIX_BYTES = PREFIX.encode()
SESSION_BYTES = 16
GENERATION_BYTES = 6
PROOF_BYTES = 32
NAME_BYTES = SESSION_BYTES + GENERATION_BYTES + VERSION_BYTES
CHARACTERS = len(PREFIX) + -(-(NAME_BYTES + PROOF_BYTES) * 4 // 3)


class ShownRefresh(Struct, frozen=True):
    """What a genuine refresh token says: of which session, and which generation."""

    session_id: str
    generation: int


def is_shaped(token: str) -> bool:
    """It is meant as a refresh token of ours; says nothing about whether it is genuine."""
    return token.startswith(PREFIX)


@dataclass(frozen=True)
class RefreshTokens:
    """Writes and reads refresh tokens: `aprt_` and base64url of session, generation, key, proof.

    The proof is HMAC-SHA-256 over everything before it: 256 bits (ASVS 5.0 10.4.5, 11.2.3).
    """

    keyring: Keyring

    def write(self, session_id: str, generation: int) -> str:
        """The one token of that generation: the same text each time while the root secret stands."""
        key = self.keyring.current
        session = bytes.fromhex(session_id.replace("-", ""))
        name = session + generation.to_bytes(GENERATION_BYTES) + key.version
        return PREFIX + encode(name + key.tag(PREFIX_BYTES + name))

    def read(self, token: str) -> ShownRefresh:
        """What the token says. Raises the one 401 for anything that we did not write, letter by letter.

        Costs one HMAC and no query, so that junk cannot reach the database.
        """
        if len(token) != CHARACTERS or not token.startswith(PREFIX):
            raise unauthorized("not of the shape of our refresh tokens")
        try:
            raw = decode(token.removeprefix(PREFIX))
        except ValueError:
            raise unauthorized("refresh token is not canonical base64url") from None
        name, proof = raw[:NAME_BYTES], raw[NAME_BYTES:]
        key = self.keyring.named(name[-VERSION_BYTES:])
        if key is None:
            raise unauthorized("refresh token names a key that is not known here")
        if not compare_digest(proof, key.tag(PREFIX_BYTES + name)):
            raise unauthorized("refresh token with a wrong proof")
        generation = int.from_bytes(name[SESSION_BYTES : SESSION_BYTES + GENERATION_BYTES])
        return ShownRefresh(as_uuid(name[:SESSION_BYTES].hex()), generation)
