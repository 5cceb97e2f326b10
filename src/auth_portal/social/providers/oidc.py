"""Any OpenID provider: discovery, code and PKCE, a signed ID token, userinfo where that is thin."""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from auth_portal.core.clock import Clock
from auth_portal.core.refusal import Refusal
from auth_portal.social import clean
from auth_portal.social.http_client import HttpClient
from auth_portal.social.protocol import authorization_url
from auth_portal.social.provider import Profile, provider_failed
from auth_portal.social.providers.id_token import Expected, claims_of
from auth_portal.social.providers.metadata import HASTE, OK, Metadata, Published
from auth_portal.social.rules import ProviderRules

ADDRESS = {"email", "email_verified"}


@dataclass(frozen=True)
class OidcProvider:
    """OpenID Connect Core 1.0, authorization code flow. `aliases` are other spellings of `iss`."""

    rules: ProviderRules
    http: HttpClient
    published: Published
    clock: Clock
    aliases: tuple[str, ...] = ()

    @classmethod
    def at(cls, rules: ProviderRules, http: HttpClient, clock: Clock) -> "OidcProvider":
        """The provider that publishes itself at `rules.issuer`."""
        return cls(rules, http, Published(rules.issuer, http, clock), clock)

    async def authorization_url(self, *, state: str, nonce: str, challenge: str) -> str:
        """See the port."""
        metadata = await self.published.metadata()
        return authorization_url(
            metadata.authorization_endpoint,
            client_id=self.rules.client_id,
            redirect_uri=self.rules.callback,
            scopes=self.rules.scopes or ("openid", "email", "profile"),
            state=state,
            challenge=challenge,
            nonce=nonce,
        )

    async def accepts_issuer(self, issuer: str | None) -> bool:
        """See the port."""
        metadata = await self.published.metadata()
        if issuer is None:
            return not metadata.authorization_response_iss_parameter_supported
        return issuer in self._issuers(metadata)

    async def fetch_profile(self, code: str, *, verifier: str, nonce: str) -> Profile:
        """See the port."""
        metadata = await self.published.metadata()
        told = await self._redeem(metadata, code, verifier)
        token = _access_token(told)
        mine = (self.rules.client_id,)
        expected = Expected(self._issuers(metadata), mine, mine, nonce, token)
        claims = await self._read(told.get("id_token"), expected, from_provider=True)
        if not (claims.keys() >= ADDRESS) and metadata.userinfo_endpoint and token:
            claims = await self._enrich(claims, metadata.userinfo_endpoint, token)
        return self.profile(claims)

    async def verify_id_token(self, token: str, *, nonce: str) -> Profile:
        """See the port."""
        metadata = await self.published.metadata()
        native = self.rules.native_client_ids
        # On Android `azp` is the app's own client and `aud` the server's: any of ours may ask.
        parties = (*native, self.rules.client_id)
        expected = Expected(self._issuers(metadata), native, parties, nonce)
        return self.profile(await self._read(token, expected, from_provider=False))

    def profile(self, claims: Mapping[str, object]) -> Profile:
        """What the claims say of the person (OpenID Connect Core 5.1)."""
        found = clean.email(claims.get("email"), verified=claims.get("email_verified"))
        first, last = clean.name(claims.get("given_name")), clean.name(claims.get("family_name"))
        if not first and not last:
            first, last = clean.two_names(claims.get("name"))
        return Profile(
            subject=clean.subject(claims.get("sub")),
            emails=(found,) if found else (),
            first_name=first,
            last_name=last,
            locale=clean.locale(claims.get("locale")),
        )

    def _issuers(self, metadata: Metadata) -> tuple[str, ...]:
        """The issuer as the provider itself writes it, and its aliases."""
        return (metadata.issuer, *self.aliases)

    async def _redeem(self, metadata: Metadata, code: str, verifier: str) -> Mapping[str, object]:
        """Trade the code for tokens (RFC 6749 4.1.3), as the client the provider knows."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.rules.callback,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        methods = metadata.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            pair = f"{quote_plus(self.rules.client_id)}:{quote_plus(self.rules.client_secret)}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode('ascii')}"
        else:
            form |= {"client_id": self.rules.client_id, "client_secret": self.rules.client_secret}
        answer = await self.http.post(metadata.token_endpoint, form, headers=headers)
        if answer.status != OK or not isinstance(answer.body, dict):
            raise provider_failed(f"token endpoint: status {answer.status}")
        return answer.body

    async def _read(self, token: object, expected: Expected, *, from_provider: bool) -> dict[str, object]:
        """The claims of the ID token."""
        if not isinstance(token, str):
            raise provider_failed("no ID token")
        key = await self.published.key(token, from_provider=from_provider)
        return claims_of(token, key, expected, self.clock())

    async def _enrich(self, claims: dict[str, object], url: str, access_token: str) -> dict[str, object]:
        """Add what userinfo tells, only if it speaks of the same person (OpenID Core 5.3.2).

        An address and whether it is verified are one statement: both come from one place. Who is known
        by their subject is let in without userinfo, if it cannot be had in haste and the token names an
        address.
        """
        enough = "email" in claims
        try:
            async with asyncio.timeout(self.http.timeout.total_seconds() * HASTE if enough else None):
                told = await self._userinfo(url, access_token)
        except (Refusal, TimeoutError):
            if enough:
                return claims
            raise
        if told.get("sub") != claims.get("sub"):
            raise provider_failed("userinfo: another subject")
        whose = told if "email" in told else claims
        address = {name: whose[name] for name in ADDRESS & whose.keys()}
        rest = {name: value for name, value in {**told, **claims}.items() if name not in ADDRESS}
        return rest | address

    async def _userinfo(self, url: str, access_token: str) -> Mapping[str, object]:
        """What it tells. Raises `provider_failed` when that is nothing."""
        answer = await self.http.get(url, headers={"authorization": f"Bearer {access_token}"})
        if answer.status != OK or not isinstance(answer.body, dict):
            raise provider_failed(f"userinfo: status {answer.status}")
        return answer.body


def _access_token(told: Mapping[str, object]) -> str | None:
    """The access token, if one came; what no header could carry is none (RFC 6749 appendix A.12)."""
    token = told.get("access_token")
    if not isinstance(token, str):
        return None
    if not token.isascii():
        raise provider_failed("token endpoint: an access token that is none")
    return token
