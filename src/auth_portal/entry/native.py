"""The way in for native clients, which bring a provider's ID token along."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from auth_portal.core.refusal import LINK_INVALID, Refusal
from auth_portal.core.visitor import Visitor
from auth_portal.entry.admit import Admit, Admitted
from auth_portal.entry.social import FOR_THE_PROVIDER, note_failure
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.social.provider import OpenProvider, Profile
from auth_portal.social.providers.registry import Providers
from auth_portal.social.refusals import PROVIDER_FAILED, TOKEN_INVALID
from auth_portal.social.rules import SocialRules
from auth_portal.social.settle import Settle
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Issued, Tickets


@dataclass(frozen=True)
class IssueNonce:
    """POST /auth/{provider}/nonce: what the ID token must carry, so that none can be shown twice."""

    providers: Providers
    tickets: Tickets
    gate: Gate
    limits: LimitRules

    async def __call__(self, provider: str, visitor: Visitor) -> Issued:
        """The nonce and its expiry. Raises PROVIDER_UNKNOWN where there are no native clients."""
        self.providers.open(provider)
        await self.gate.count("social-nonce", visitor.network, self.limits.social_network)
        return await self.tickets.issue(Purpose.NONCE, "", provider=provider)


@dataclass(frozen=True)
class NativeSignIn:
    """POST /auth/{provider}/token: verify, spend the nonce, decide, act, admit."""

    providers: Providers
    tickets: Tickets
    settle: Settle
    admit: Admit
    record: Record
    gate: Gate
    limits: LimitRules
    rules: SocialRules

    async def __call__(
        self, provider: str, id_token: str, nonce: str, visitor: Visitor, presented: str | None = None
    ) -> Admitted:
        """Signed in. Raises PROVIDER_UNKNOWN, TOKEN_INVALID (token or nonce), or what linking refuses."""
        there = self.providers.open(provider)
        await self.gate.count("social-token", visitor.network, self.limits.social_network)
        try:
            profile = await self._verify(there, id_token, nonce)
            settled = await self.settle(provider, profile, visitor)
        except Refusal as refusal:
            await note_failure(self.record, visitor, provider, refusal)
            raise
        return await self.admit(settled.account, visitor, provider, presented, known=settled.first or None)

    async def _verify(self, there: OpenProvider, id_token: str, nonce: str) -> Profile:
        """The person whom the token names; one refusal for all that can be wrong.

        The nonce is looked at first, so that junk makes us ask nobody for keys, and spent last.
        """
        try:
            seen = await self.tickets.peek(nonce, Purpose.NONCE)
            _check_meant_for(there.rules.name, seen.facts)
            async with asyncio.timeout(self.rules.timeout.total_seconds() * FOR_THE_PROVIDER):
                profile = await there.verify_id_token(id_token, nonce=nonce)
            await self.tickets.spend(nonce, Purpose.NONCE)
        except TimeoutError:
            raise Refusal(TOKEN_INVALID, cause="no answer in time") from None
        except Refusal as refusal:
            if refusal.refused in {PROVIDER_FAILED, LINK_INVALID}:
                raise Refusal(TOKEN_INVALID, cause=refusal.cause) from None
            raise
        return profile


def _check_meant_for(provider: str, facts: Mapping[str, str]) -> None:
    """The nonce was given out for this provider."""
    if facts["provider"] != provider:
        raise Refusal(TOKEN_INVALID, cause="a nonce for another provider")
