"""The settings of this room: which providers, where they live, how the hand-off goes."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ProviderRules:
    """One provider that has credentials. `kind` names the file in `providers/`."""

    name: str  # google, github, or the lower-cased <NAME> of OIDC_<NAME>_ISSUER
    kind: str  # google | github | oidc
    label: str
    client_id: str
    client_secret: str
    callback: str  # the exact redirect URI
    issuer: str = ""  # OIDC issuer, or the base URL of GitHub
    api: str = ""  # GitHub's API base URL
    scopes: tuple[str, ...] = ()
    native_client_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SocialRules:
    """`handoff` is "code" or "tokens"; `return_to` lists allowed paths and origins to return to."""

    providers: tuple[ProviderRules, ...] = ()
    handoff: str = "code"
    frontend: str = ""  # origin, without a trailing slash
    base: str = ""  # where our own social routes live: {backend}{prefix}/auth
    return_to: tuple[str, ...] = field(default=())
    timeout: timedelta = timedelta(seconds=5)
    largest_answer: int = 512 * 1024  # bytes
    allow_http: bool = False  # providers without TLS: loopback only, never in production
