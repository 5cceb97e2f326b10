"""Every provider that has credentials, by its name in our paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from auth_portal.core.clock import Clock
from auth_portal.core.refusal import Refusal
from auth_portal.social.http_client import HttpClient, trusted_roots
from auth_portal.social.provider import OpenProvider, Provider
from auth_portal.social.providers.github import GitHubProvider
from auth_portal.social.providers.google import google
from auth_portal.social.providers.oidc import OidcProvider
from auth_portal.social.refusals import PROVIDER_UNKNOWN
from auth_portal.social.rules import ProviderRules, SocialRules


@dataclass(frozen=True)
class Providers:
    """The providers in the order of the settings; each with connections of its own."""

    known: Mapping[str, Provider]
    clients: tuple[HttpClient, ...] = ()

    @classmethod
    def under(cls, rules: SocialRules, clock: Clock) -> Self:
        """Build them all. Nothing is asked of anyone yet: a provider may be down while we start."""
        roots = trusted_roots() if rules.providers else None
        clients = tuple(HttpClient.under(rules, roots) for _ in rules.providers if roots is not None)
        pairs = zip(rules.providers, clients, strict=True)
        return cls({one.name: _build(one, http, clock) for one, http in pairs}, clients)

    def named(self, name: str) -> Provider:
        """The provider of that name. Raises PROVIDER_UNKNOWN."""
        provider = self.known.get(name)
        if provider is None:
            raise Refusal(PROVIDER_UNKNOWN)
        return provider

    def open(self, name: str) -> OpenProvider:
        """The same, only if it signs ID tokens and native clients are listed for it."""
        provider = self.named(name)
        if not isinstance(provider, OpenProvider) or not provider.rules.native_client_ids:
            raise Refusal(PROVIDER_UNKNOWN)
        return provider

    async def close(self) -> None:
        """Let go of every connection."""
        for client in self.clients:
            await client.close()


def _build(rules: ProviderRules, http: HttpClient, clock: Clock) -> Provider:
    """The file in `providers/` that `kind` names."""
    match rules.kind:
        case "google":
            return google(rules, http, clock)
        case "github":
            return GitHubProvider(rules, http)
        case "oidc":
            return OidcProvider.at(rules, http, clock)
    raise ValueError(f"there is no kind of provider called {rules.kind!r}")
