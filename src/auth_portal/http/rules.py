"""The settings of this room: origins, cookies, proxies, what is shown."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True)
class HttpRules:
    """`origins` are the front ends that may call with credentials; all without trailing slash."""

    backend: str
    prefix: str  # "/api"
    frontend: str  # the first of FRONTEND_DOMAIN, or `backend`
    origins: frozenset[str]
    production: bool
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    metrics_token: str | None
    portal: bool
    dev_inbox: bool
    app_name: str
    accent: str
    logo_url: str | None
    refresh_lifetime: timedelta  # of the token
    cookie_lifetime: timedelta  # of the cookie that holds it, at most 400 days
    device_lifetime: timedelta
    largest_body: int = 64 * 1024  # bytes
    password_shortest: int = 8
    password_longest: int = 256
    confirm_first: bool = False  # REQUIRE_CONFIRMED_EMAIL
    social_handoff: str = "code"

    @property
    def secure(self) -> bool:
        """We are reached by https: cookies are `__Host-` and Secure, HSTS is sent."""
        return self.backend.startswith("https://")
