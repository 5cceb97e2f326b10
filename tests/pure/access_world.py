"""A world with access tokens: written, read, and forged under the right key."""

import asyncio
import base64
import json

import pytest
from joserfc import jws

from auth_portal.core.refusal import UNAUTHORIZED, Refusal
from auth_portal.core.secrets import encode
from auth_portal.sessions.access_token import AccessTokens, Claims
from auth_portal.sessions.keys import KeyRoom, KeyRules
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.signing_key import Key
from tests.pure.builders import START, HandClock, Heard, KeyShelf, keyring, randomness

ISSUER = "https://auth.example.com"
SECRET = b"a shared secret of thirty-two bytes or more"
NOW = int(START.timestamp())
Headers = dict[str, object]


class World:
    """Access tokens with a key room of their own."""

    def __init__(self, algorithm: str = "ES256") -> None:
        self.clock, self.shelf = HandClock(), KeyShelf()
        rules = KeyRules(algorithm, SECRET if algorithm == "HS256" else None)
        self.keys = KeyRoom(self.shelf, keyring("seal"), self.clock, randomness, Heard(), rules)
        asyncio.run(self.keys.load())
        self.tokens = AccessTokens(self.keys, ISSUER, ISSUER, self.clock, SessionRules())

    def write(self) -> str:
        return asyncio.run(self.tokens.write("an-account", "a-session", self.clock()))[0]

    def read(self, token: str, **how: bool) -> Claims:
        return asyncio.run(self.tokens.read(token, **how))

    def refused(self, token: str, **how: bool) -> None:
        with pytest.raises(Refusal) as refusal:
            self.read(token, **how)
        assert refusal.value.refused is UNAUTHORIZED

    def forge(
        self,
        claims: bytes | None = None,
        headers: Headers | None = None,
        key: Key | None = None,
        **changed: object,
    ) -> str:
        """A token under the right key, unless told otherwise, with claims or headers changed."""
        signing = self.keys.signing()
        said = claims if claims is not None else json.dumps({**self.claims(), **changed}).encode()
        registry = jws.JWSRegistry(strict_check_header=False, algorithms=list(jws.JWSRegistry.algorithms))
        head = {**signing.headers, **(headers or {})}
        return jws.serialize_compact(head, said, key or signing.private, registry=registry)

    def claims(self) -> dict[str, object]:
        _, body, _ = self.write().split(".")
        claims: dict[str, object] = json.loads(unpadded(body))
        return claims


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def assembled(header: object, token: str) -> str:
    """The token with another header, its signature left as it was."""
    return ".".join([encode(json.dumps(header).encode()), *token.split(".")[1:]])
