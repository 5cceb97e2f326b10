"""Google: an OpenID provider that has two spellings of its own issuer."""

from auth_portal.core.clock import Clock
from auth_portal.social.http_client import HttpClient
from auth_portal.social.providers.metadata import Published
from auth_portal.social.providers.oidc import OidcProvider
from auth_portal.social.rules import ProviderRules

HOME = "https://accounts.google.com"
BARE = "accounts.google.com"  # as older ID tokens say it; Google documents both


def google(rules: ProviderRules, http: HttpClient, clock: Clock) -> OidcProvider:
    """Google as the settings have it; elsewhere than at home there is no second spelling."""
    aliases = (BARE,) if rules.issuer == HOME else ()
    return OidcProvider(rules, http, Published(rules.issuer, http, clock), clock, aliases)
