"""The way to a provider and back: what we remember meanwhile, and how we know our own return."""

import asyncio
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from auth_portal.core.refusal import LINK_INVALID, Refusal
from auth_portal.core.secrets import Randomness, encode
from auth_portal.social.protocol import challenge_of
from auth_portal.social.provider import Provider, provider_failed
from auth_portal.social.providers.registry import Providers
from auth_portal.social.refusals import CHALLENGE_INVALID, DENIED, STATE_INVALID
from auth_portal.social.return_to import checked
from auth_portal.social.rules import SocialRules
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets

SECRET_BYTES = 32
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST_CODE = 4096


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes now, and what it takes along.

    `state_cookie` must come back to the call-back, `social_cookie` to the exchange (None when the
    front end gave a challenge instead); both HttpOnly, SameSite=Lax, for ten minutes. They have
    one value, kept over several sign-ins, so that two tabs do not spoil each other's.
    """

    url: str
    state_cookie: str | None = None
    social_cookie: str | None = None


@dataclass(frozen=True, slots=True)
class Linking:
    """A handshake that shall add an identity: to whose account, asked for in which session."""

    account: str
    session: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the state ticket said when it was spent."""

    provider: str
    verifier: str
    nonce: str
    challenge: str  # the front end's, "" without one
    browser: str  # hash of the cookie
    next: str
    account: str = ""  # when this is a linking: whose, and in which session
    session: str = ""


def mark_of(cookie: str) -> str:
    """The form in which a cookie is remembered: SHA-256 of 256 random bits needs no salt."""
    return sha256(cookie.encode()).hexdigest()


def is_mark_of(cookie: str | None, mark: str) -> bool:
    """The cookie is the one whose mark was remembered; no cookie and no mark are never equal."""
    return bool(cookie) and bool(mark) and hmac.compare_digest(mark_of(str(cookie)).encode(), mark.encode())


@dataclass(frozen=True)
class Begin:
    """State, PKCE S256 and nonce, always; bound to this provider and to this browser."""

    providers: Providers
    tickets: Tickets
    rules: SocialRules
    randomness: Randomness

    async def __call__(
        self,
        provider: str,
        *,
        code_challenge: str | None = None,
        challenge_method: str | None = None,
        return_to: str | None = None,
        cookie: str | None = None,
        linking: Linking | None = None,
    ) -> Begun:
        """Where to send the browser. `cookie` is the state cookie that came along, if any.

        Raises PROVIDER_UNKNOWN, CHALLENGE_INVALID, RETURN_TO_REFUSED, PROVIDER_FAILED.
        """
        there = self.providers.named(provider)
        _check_challenge(code_challenge, challenge_method)
        landing = checked(return_to, self.rules.return_to)
        browser = cookie if cookie is not None and COOKIE.fullmatch(cookie) else self._secret()
        verifier, nonce = self._secret(), self._secret()
        whose = linking or Linking("", "")
        state = await self.tickets.issue(
            Purpose.OAUTH_STATE,
            whose.account,
            provider=provider,
            verifier=verifier,
            nonce=nonce,
            challenge=code_challenge or "",
            browser=mark_of(browser),
            next=landing,
            account=whose.account,
            session=whose.session,
        )
        try:
            async with asyncio.timeout(self.rules.timeout.total_seconds()):
                url = await there.authorization_url(
                    state=state.token, nonce=nonce, challenge=challenge_of(verifier)
                )
        except TimeoutError:
            raise provider_failed("no answer in time") from None
        return Begun(url, browser, None if code_challenge else browser)

    def _secret(self) -> str:
        """256 bits in 43 characters."""
        return encode(self.randomness(SECRET_BYTES))


@dataclass(frozen=True)
class Return:
    """Recognises our own return: state, browser and provider first, then what the answer says."""

    tickets: Tickets

    async def recognise(self, provider: Provider, state: str, cookie: str | None) -> Remembered:
        """What was remembered; the state is spent, whatever follows. Look, compare, then spend.

        Raises STATE_INVALID, with nothing spent when the browser is another one: a stranger who
        learns a state can neither use it nor burn it.
        """
        try:
            seen = await self.tickets.peek(state, Purpose.OAUTH_STATE)
            _check_ours(seen.facts, provider.rules.name, cookie)
            spent = await self.tickets.spend(state, Purpose.OAUTH_STATE)
        except Refusal as refusal:
            if refusal.refused is LINK_INVALID:
                raise Refusal(STATE_INVALID, cause=refusal.cause) from None
            raise
        return Remembered(**spent.facts)

    async def code(self, provider: Provider, params: Mapping[str, str]) -> str:
        """The code in the provider's answer. Raises DENIED, or PROVIDER_FAILED for anything odd."""
        if not await provider.accepts_issuer(params.get("iss")):
            raise provider_failed("the answer is from another issuer")
        error = params.get("error")
        if error == "access_denied":
            raise Refusal(DENIED)
        if error is not None:
            raise provider_failed(f"the provider answers {error[:64]!r}")
        code = params.get("code", "")
        if not 0 < len(code) <= LONGEST_CODE or not code.isascii() or not code.isprintable():
            raise provider_failed("no code")
        return code


def _check_challenge(challenge: str | None, method: str | None) -> None:
    """S256 and nothing else; a front end that means `plain` must not learn it at the exchange."""
    if challenge is not None and CHALLENGE.fullmatch(challenge) is None:
        raise Refusal(CHALLENGE_INVALID)
    if method not in {None, "S256"}:
        raise Refusal(CHALLENGE_INVALID, cause="another method than S256")


def _check_ours(facts: Mapping[str, str], provider: str, cookie: str | None) -> None:
    """Begun with this provider (no mix-up) and in this browser (no foreign state)."""
    if facts["provider"] != provider:
        raise Refusal(STATE_INVALID, cause="begun with another provider")
    if not is_mark_of(cookie, facts["browser"]):
        raise Refusal(STATE_INVALID, cause="begun in another browser")
