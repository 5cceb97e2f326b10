"""The port to a provider, and what any of them can tell of a person."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from auth_portal.core.refusal import Refusal
from auth_portal.social.refusals import PROVIDER_FAILED
from auth_portal.social.rules import ProviderRules


@dataclass(frozen=True, slots=True)
class ProvedEmail:
    """An address in our canonical form. `verified`: the provider says its owner proved it."""

    address: str
    verified: bool
    primary: bool
    private: bool = False  # a relay or placeholder address: names nobody, merges nobody


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as the provider knows them; `subject` is stable and unique at that provider."""

    subject: str
    emails: tuple[ProvedEmail, ...]
    first_name: str = ""
    last_name: str = ""
    locale: str | None = None


def provider_failed(cause: str) -> Refusal:
    """The provider is unreachable, slow, or says what it must not say; `cause` is for the log."""
    return Refusal(PROVIDER_FAILED, cause=cause)


class Provider(Protocol):
    """One provider. Every method raises `provider_failed` for whatever goes wrong out there."""

    @property
    def rules(self) -> ProviderRules:
        """Its settings."""

    async def authorization_url(self, *, state: str, nonce: str, challenge: str) -> str:
        """Where the browser goes; `challenge` is the S256 of our PKCE verifier (RFC 7636)."""

    async def accepts_issuer(self, issuer: str | None) -> bool:
        """Whether an answer that names this issuer may be from here (RFC 9207).

        None (the answer names none) is accepted unless the provider promised always to name it.
        """

    async def fetch_profile(self, code: str, *, verifier: str, nonce: str) -> Profile:
        """Redeem the code, once, and return who the person is."""


@runtime_checkable
class OpenProvider(Provider, Protocol):
    """A provider that signs ID tokens: native clients may bring one of those along."""

    async def verify_id_token(self, token: str, *, nonce: str) -> Profile:
        """Who the token names; its audience must be one of `native_client_ids`."""
