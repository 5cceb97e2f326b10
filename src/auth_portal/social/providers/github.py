"""GitHub and GitHub Enterprise: OAuth 2 without ID tokens, the person by two API calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from auth_portal.social import clean
from auth_portal.social.http_client import HttpClient
from auth_portal.social.protocol import authorization_url
from auth_portal.social.provider import Profile, ProvedEmail, provider_failed
from auth_portal.social.rules import ProviderRules

OK = 200
NOT_GRANTED = {403, 404}  # what /user/emails answers when the scope was not given
API_VERSION = "2022-11-28"


@dataclass(frozen=True)
class GitHubProvider:
    """The web application flow; `rules.issuer` is the site, `rules.api` its API."""

    rules: ProviderRules
    http: HttpClient

    async def authorization_url(self, *, state: str, nonce: str, challenge: str) -> str:
        """See the port. GitHub knows no nonce: PKCE alone binds the code to this sign-in."""
        del nonce
        return authorization_url(
            f"{self.rules.issuer}/login/oauth/authorize",
            client_id=self.rules.client_id,
            redirect_uri=self.rules.callback,
            scopes=self.rules.scopes or ("read:user", "user:email"),
            state=state,
            challenge=challenge,
        )

    async def accepts_issuer(self, issuer: str | None) -> bool:
        """See the port. github.com names itself with this path since 2026; older versions do not."""
        return issuer in {None, self.rules.issuer, f"{self.rules.issuer}/login/oauth"}

    async def fetch_profile(self, code: str, *, verifier: str, nonce: str) -> Profile:
        """See the port."""
        del nonce
        token = await self._redeem(code, verifier)
        headers = {
            "authorization": f"Bearer {token}",
            "accept": "application/vnd.github+json",
            "x-github-api-version": API_VERSION,
            "user-agent": "auth-portal",  # GitHub refuses requests that name none
        }
        person = await self._person(headers)
        first, last = clean.two_names(person.get("name"))
        if not first:
            first = clean.name(person.get("login"))
        return Profile(_subject(person), await self._emails(headers), first, last)

    async def _redeem(self, code: str, verifier: str) -> str:
        """Trade the code for an access token. GitHub answers errors with status 200 as well."""
        form = {
            "client_id": self.rules.client_id,
            "client_secret": self.rules.client_secret,
            "code": code,
            "redirect_uri": self.rules.callback,
            "code_verifier": verifier,
        }
        answer = await self.http.post(f"{self.rules.issuer}/login/oauth/access_token", form)
        told = answer.body if isinstance(answer.body, dict) else {}
        token = told.get("access_token")
        if answer.status != OK or "error" in told or not isinstance(token, str) or not token.isascii():
            raise provider_failed(f"token endpoint: status {answer.status}, no token")
        return token

    async def _person(self, headers: Mapping[str, str]) -> Mapping[str, object]:
        """`GET /user`. Its `email` is what the person shows in public: null, or not verified."""
        answer = await self.http.get(f"{self.rules.api}/user", headers=headers)
        if answer.status != OK or not isinstance(answer.body, dict):
            raise provider_failed(f"/user: status {answer.status}")
        return answer.body

    async def _emails(self, headers: Mapping[str, str]) -> tuple[ProvedEmail, ...]:
        """`GET /user/emails`: the only place where GitHub says what is verified."""
        answer = await self.http.get(f"{self.rules.api}/user/emails?per_page=100", headers=headers)
        if answer.status in NOT_GRANTED:
            return ()
        if answer.status != OK or not isinstance(answer.body, list):
            raise provider_failed(f"/user/emails: status {answer.status}")
        told = (one for one in answer.body if isinstance(one, dict))
        found = (
            clean.email(one.get("email"), verified=one.get("verified"), primary=one.get("primary") is True)
            for one in told
        )
        return tuple(email for email in found if email is not None)


def _subject(person: Mapping[str, object]) -> str:
    """The numeric id as text: logins change hands, ids do not."""
    told = person.get("id")
    if isinstance(told, bool) or not isinstance(told, int) or told <= 0:
        raise provider_failed("/user: no id")
    return clean.subject(str(told))
