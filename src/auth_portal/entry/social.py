"""The way in through a provider: start, and the call-back that decides whose account it is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from auth_portal.core.refusal import TOO_MANY_REQUESTS, UNAVAILABLE, Refusal
from auth_portal.core.visitor import Visitor
from auth_portal.entry.admit import Admit, Admitted
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.sessions.session import SessionRules
from auth_portal.social.handshake import Begin, Begun, Linking, Remembered, Return
from auth_portal.social.linking import shown_address
from auth_portal.social.provider import Profile, Provider, provider_failed
from auth_portal.social.providers.registry import Providers
from auth_portal.social.refusals import STATE_INVALID
from auth_portal.social.rules import SocialRules
from auth_portal.social.settle import Settle, Settled
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets

FOR_THE_PROVIDER = 0.9  # of the timeout; the rest is for us, so that the whole stays within it


@dataclass(frozen=True)
class SocialStart:
    """GET /auth/{provider}: to the provider, or, when that cannot be, to the front end's page."""

    begin: Begin
    tickets: Tickets
    record: Record
    gate: Gate
    limits: LimitRules
    rules: SocialRules

    async def __call__(
        self,
        provider: str,
        visitor: Visitor,
        *,
        code_challenge: str | None = None,
        challenge_method: str | None = None,
        return_to: str | None = None,
        link: str | None = None,
        cookie: str | None = None,
    ) -> Begun:
        """Where to go. `link` is the ticket from BeginLink, `cookie` the state cookie if one came.

        Raises PROVIDER_UNKNOWN only; every other refusal is an address with `?error=<code>`.
        """
        self.begin.providers.named(provider)
        try:
            await self.gate.count("social-start", visitor.network, self.limits.social_network)
            linking = None
            if link is not None:
                linking, return_to = await self._linking(provider, link)
            return await self.begin(
                provider,
                code_challenge=code_challenge,
                challenge_method=challenge_method,
                return_to=return_to,
                cookie=cookie,
                linking=linking,
            )
        except Refusal as refusal:
            await note_failure(self.record, visitor, provider, refusal)
            return Begun(error_page(self.rules, refusal))

    async def _linking(self, provider: str, link: str) -> tuple[Linking, str]:
        """For whom, and where to return to. Raises STATE_INVALID for a ticket that is none."""
        spent = await self.tickets.spend(link, Purpose.LINK_START)
        if spent.facts["provider"] != provider:
            raise Refusal(STATE_INVALID, cause="a linking of another provider")
        return Linking(spent.holder, spent.facts["session"]), spent.facts["next"]


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where the browser goes from the call-back (303); `admitted` only with SOCIAL_HANDOFF=tokens."""

    url: str
    admitted: Admitted | None = None


@dataclass(frozen=True)
class SocialCallback:
    """GET /auth/{provider}/callback: spend, fetch, decide, act, hand off. Opens no session itself."""

    providers: Providers
    handshake: Return
    settle: Settle
    tickets: Tickets
    admit: Admit
    record: Record
    gate: Gate
    limits: LimitRules
    rules: SocialRules
    sessions: SessionRules

    async def __call__(
        self, provider: str, params: Mapping[str, str], state_cookie: str | None, visitor: Visitor
    ) -> Arrived:
        """Where to go. Raises PROVIDER_UNKNOWN only: all else ends on the front end's page."""
        there = self.providers.named(provider)
        try:
            await self.gate.count("social-callback", visitor.network, self.limits.social_network)
            return await self._arrive(there, params, state_cookie, visitor)
        except Refusal as refusal:
            await note_failure(self.record, visitor, provider, refusal)
            return Arrived(error_page(self.rules, refusal))

    async def _arrive(
        self, there: Provider, params: Mapping[str, str], cookie: str | None, visitor: Visitor
    ) -> Arrived:
        """The state first: nothing is asked of the provider for a call-back that is not ours."""
        remembered = await self.handshake.recognise(there, params.get("state", ""), cookie)
        profile = await self._profile(there, params, remembered)
        if remembered.account:
            return await self._hand_link_code(remembered, profile)
        settled = await self.settle(remembered.provider, profile, visitor)
        if self.rules.handoff == "tokens":
            return await self._hand_tokens(remembered, settled, visitor)
        return await self._hand_code(remembered, profile, settled)

    async def _profile(self, there: Provider, params: Mapping[str, str], remembered: Remembered) -> Profile:
        """Everything the provider does has one deadline, however many questions it takes."""
        limit = self.rules.timeout.total_seconds() * FOR_THE_PROVIDER
        try:
            async with asyncio.timeout(limit):
                code = await self.handshake.code(there, params)
                return await there.fetch_profile(code, verifier=remembered.verifier, nonce=remembered.nonce)
        except TimeoutError:
            raise provider_failed("no answer in time") from None

    async def _hand_code(self, remembered: Remembered, profile: Profile, settled: Settled) -> Arrived:
        """A code for whoever began, which carries the epoch that was read when it was decided."""
        code = await self.tickets.issue(
            Purpose.HANDOFF,
            settled.account.id,
            provider=remembered.provider,
            subject=profile.subject,
            epoch=str(settled.account.epoch),
            first="yes" if settled.first else "",
            challenge=remembered.challenge,
            browser="" if remembered.challenge else remembered.browser,
        )
        return Arrived(social_page(self.rules, code=code.token, next=remembered.next))

    async def _hand_tokens(self, remembered: Remembered, settled: Settled, visitor: Visitor) -> Arrived:
        """The original's redirect: the session opens here (CONTRACT.md section 5)."""
        admitted = await self.admit(
            settled.account, visitor, remembered.provider, None, known=settled.first or None
        )
        url = social_page(
            self.rules,
            token=admitted.tokens.access_token,
            refreshToken=admitted.tokens.refresh_token,
            expiresIn=str(int(self.sessions.idle.total_seconds() * 1000)),
            next=remembered.next,
        )
        return Arrived(url, admitted)

    async def _hand_link_code(self, remembered: Remembered, profile: Profile) -> Arrived:
        """Nothing is linked, and nothing is told about whose the identity is, before it is redeemed."""
        code = await self.tickets.issue(
            Purpose.LINK_CODE,
            remembered.account,
            provider=remembered.provider,
            subject=profile.subject,
            email=shown_address(profile) or "",
            session=remembered.session,
        )
        return Arrived(social_page(self.rules, link=code.token, next=remembered.next))


def social_page(rules: SocialRules, **params: str) -> str:
    """The front end's page for arrivals, with those parameters that say anything."""
    return f"{rules.frontend}/auth/social?{urlencode({k: v for k, v in params.items() if v})}"


def error_page(rules: SocialRules, refusal: Refusal) -> str:
    """The same page with a stable code: never a provider's own words, which anyone can write."""
    return social_page(rules, error=refusal.refused.code)


async def note_failure(record: Record, visitor: Visitor, provider: str, refusal: Refusal) -> None:
    """Journal a sign-in that did not come about, with the private cause; never refuses anything itself.

    What the gate refused is counted there: a flood must not fill the journal. Where the database
    is away there is no journal either, and the person still ends on the front end's page.
    """
    code, cause = refusal.refused.code, refusal.cause
    if code == TOO_MANY_REQUESTS.code:
        return
    try:
        if code != UNAVAILABLE.code:
            await record(
                Kind.SOCIAL_FAILED, visitor, outcome="refused", provider=provider, code=code, cause=cause
            )
            return
    except Refusal as fault:
        cause = fault.cause
    record.log.warning("unavailable", cause=cause, provider=provider, trace=visitor.trace)
