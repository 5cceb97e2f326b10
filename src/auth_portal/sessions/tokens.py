"""What a client holds after signing in or refreshing."""

from msgspec import Struct


class Tokens(Struct, frozen=True):
    """Both tokens, shown once; `access_expires` in whole seconds since 1970."""

    access_token: str
    access_expires: int
    refresh_token: str

    def __repr__(self) -> str:
        """Never the tokens: this object may end up in a traceback."""
        return "Tokens(…)"
