"""Where the refresh token is read (CONTRACT.md section 3): four ways, and which of them counts."""

from dataclasses import dataclass

from auth_portal.core.refusal import Refusal, unauthorized
from auth_portal.http.call import Call, bearer_of
from auth_portal.http.cookies import Cookie
from auth_portal.http.origins import Origins
from auth_portal.http.refusals import CROSS_SITE, TOKENS_DIFFER
from auth_portal.sessions.refresh_token import is_shaped


@dataclass(frozen=True, slots=True)
class RefreshSource:
    """Header `refresh`, JSON, Bearer by its shape; and the cookie, when the page may use it."""

    cookie: Cookie
    origins: Origins

    def required(self, call: Call, said: str | None) -> str:
        """The one that counts; `said` is the JSON body's. Raises the 401, TOKENS_DIFFER, CROSS_SITE."""
        token = self.explicit(call, said) or self._cookie(call)
        if not token:
            raise unauthorized("no refresh token")
        return token

    def explicit(self, call: Call, said: str | None) -> str:
        """The one that was sent on purpose, "" for none."""
        ways = {*call.each(b"refresh"), said or ""}
        if b"authorization" in call.headers:
            bearers = (bearer_of(value) for value in call.each(b"authorization"))
            ways.update(filter(is_shaped, bearers))
        ways.discard("")
        if len(ways) > 1:
            raise Refusal(TOKENS_DIFFER)
        return ways.pop() if ways else ""

    def brought(self, call: Call) -> str | None:
        """What this browser has from before, for signing in: never a reason to refuse anything."""
        return (self.cookie.read(call) or None) if self.origins.trusts_cookie(call) else None

    def any_of_ours(self, call: Call, said: str | None) -> list[str]:
        """For signing out: what was sent on purpose first, then the cookie; the first one decides."""
        sent = [self.explicit(call, said), call.bearer]
        trusted = self._cookie(call) if not any(sent) else self.brought(call) or ""
        return list(dict.fromkeys(token for token in (*sent, trusted) if token))

    def _cookie(self, call: Call) -> str:
        """The cookie's. A browser sends it by itself, so the page that made it do so must be ours."""
        token = self.cookie.read(call)
        if token and not self.origins.trusts_cookie(call):
            raise Refusal(CROSS_SITE, cause="the cookie as credential of a foreign page")
        return token
