"""Makes access tokens as an attacker would, or as one who has stolen the right key."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from joserfc import jws

from auth_portal.core.clock import EPOCH
from auth_portal.core.secrets import RootSecret, decode, encode
from auth_portal.sessions.signing_key import Key, SigningKey, open_stored, shared
from auth_portal.sessions.store import StoredKey
from tests.rig.person import Person
from tests.rig.server import ROOT_SECRET, Portal

Claims = dict[str, object]
Sign = Callable[[bytes], bytes]


def stolen_key(portal: Portal) -> SigningKey:
    """The key with which the portal signs: its shared secret, or opened from its SQLite file."""
    secret = portal.settings.get("AUTH_JWT_SECRET")
    if secret is not None:
        return shared(secret.encode(), EPOCH)
    with closing(sqlite3.connect(portal.folder / "auth-portal.db")) as connection:
        row = connection.execute("SELECT kid, algorithm, public, sealed FROM signing_keys").fetchone()
    kid, algorithm, public, sealed = row
    stored = StoredKey(kid, algorithm, public, sealed, EPOCH, EPOCH)
    return open_stored(stored, RootSecret(ROOT_SECRET.encode()).keyring("signing-keys"))


@dataclass(frozen=True)
class Forger:
    """Somebody who holds a genuine token, and the key that signed it."""

    token: str
    key: SigningKey

    @classmethod
    def of(cls, portal: Portal, person: Person) -> "Forger":
        """With the token of a person's first device."""
        return cls(person.device.token, stolen_key(portal))

    @property
    def claims(self) -> Claims:
        """What the genuine token says."""
        claims: Claims = json.loads(decode(self.token.split(".")[1]))
        return claims

    def sign(
        self,
        claims: Claims | bytes,
        headers: Claims | None = None,
        *,
        without: str = "",
        key: Key | None = None,
    ) -> str:
        """Any claims under the right key and its headers; `headers` are added, `without` is left out."""
        said = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        head = {**self.key.headers, **(headers or {})}
        head.pop(without, None)
        signed = encode(json.dumps(head).encode()) + "." + encode(said)
        algorithm = jws.JWSRegistry.algorithms[str(head["alg"])]
        return signed + "." + encode(algorithm.sign(signed.encode(), key or self.key.private))

    def altered(self, **changes: object) -> str:
        """The genuine claims with some changed, under the right key."""
        return self.sign({**self.claims, **changes})

    def lacking(self, name: str) -> str:
        """The genuine claims without one, under the right key."""
        return self.sign({key: value for key, value in self.claims.items() if key != name})

    def redressed(self, headers: object, sign: Sign | None = None) -> str:
        """The genuine claims under another header, signed anew or as they were."""
        _, body, signature = self.token.split(".")
        signed = encode(json.dumps(headers).encode()) + "." + body
        return signed + "." + (encode(sign(signed.encode())) if sign else signature)
