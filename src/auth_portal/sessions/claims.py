"""What an access token says, and the memory of those whose signature need not be checked again."""

import msgspec

MOST_REMEMBERED = 10_000


class Claims(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a genuine access token says. Types are strict: no text for a number, no list."""

    issuer: str = msgspec.field(name="iss")
    audience: str = msgspec.field(name="aud")
    account_id: str = msgspec.field(name="sub")
    session_id: str = msgspec.field(name="sid")
    token_id: str = msgspec.field(name="jti")
    issued: int = msgspec.field(name="iat")  # seconds since 1970, as `expires` and `begins`
    expires: int = msgspec.field(name="exp")
    begins: int = msgspec.field(name="nbf", default=0)


class Verdicts:
    """Tokens that we signed or whose signature was found right, under one set of keys.

    When so many are remembered, those that nobody showed since the last time it was so are forgotten:
    at most twice as many are here, and what is in use stays. Safe when stale or empty.
    """

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._version = -1  # of the set of keys
        self._lately: dict[bytes, Claims] = {}
        self._before: dict[bytes, Claims] = {}

    def find(self, digest: bytes, version: int) -> Claims | None:
        """The claims of a token whose signature was checked under these keys."""
        self._under(version)
        claims = self._lately.get(digest)
        if claims is None and (claims := self._before.pop(digest, None)) is not None:
            self.keep(digest, claims, version)
        return claims

    def keep(self, digest: bytes, claims: Claims, version: int) -> None:
        """Spare the next use the signature."""
        self._under(version)
        if len(self._lately) >= self._most:
            self._lately, self._before = {}, self._lately
        self._lately[digest] = claims

    def _under(self, version: int) -> None:
        """What was found right under other keys is void."""
        if self._version != version:
            self._version, self._lately, self._before = version, {}, {}
