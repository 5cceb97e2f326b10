"""The end of the hand-off: whoever began the sign-in trades its code for a session."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.refusal import LINK_INVALID, Refusal
from auth_portal.core.visitor import Visitor
from auth_portal.entry.admit import Admit, Admitted
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.social.handshake import is_mark_of
from auth_portal.social.protocol import challenge_of
from auth_portal.social.refusals import HANDOFF_UNBOUND
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class SocialExchange:
    """POST /auth/social/exchange. The code alone is worth nothing: it lay in a URL."""

    accounts: Accounts
    tickets: Tickets
    admit: Admit
    gate: Gate
    limits: LimitRules

    async def __call__(
        self,
        code: str,
        code_verifier: str | None,
        social_cookie: str | None,
        visitor: Visitor,
        presented: str | None = None,
    ) -> Admitted:
        """Signed in. Raises HANDOFF_UNBOUND (nothing spent) or LINK_INVALID."""
        await self.gate.count("social-exchange", visitor.network, self.limits.social_network)
        if not code_verifier and not social_cookie:
            raise Refusal(HANDOFF_UNBOUND, cause="neither verifier nor cookie")
        seen = await self.tickets.peek(code, Purpose.HANDOFF)
        _check_binding(seen.facts, code_verifier, social_cookie)
        spent = await self.tickets.spend(code, Purpose.HANDOFF)
        account = await self._account(spent.holder, spent.facts)
        first = spent.facts["first"] == "yes"
        return await self.admit(account, visitor, spent.facts["provider"], presented, known=first or None)

    async def _account(self, account_id: str, facts: Mapping[str, str]) -> Account:
        """The account, only if it is as it was when the proof was checked, identity included."""
        account = await self.accounts.find_by_identity(facts["provider"], facts["subject"])
        if account is None or account.id != account_id:
            raise Refusal(LINK_INVALID, cause="the identity is no longer linked")
        if str(account.epoch) != facts["epoch"]:
            raise Refusal(LINK_INVALID, cause="everything was ended since")
        return account


def _check_binding(facts: Mapping[str, str], verifier: str | None, cookie: str | None) -> None:
    """The verifier if a challenge was given at the start, else the cookie; never the one for the other.

    A verifier for a code without challenge is refused too: somebody has taken the challenge away
    (PKCE downgrade, RFC 9700 section 2.1.1).
    """
    challenge = facts["challenge"]
    if challenge:
        fits = verifier is not None and VERIFIER.fullmatch(verifier) is not None
        if not fits or not hmac.compare_digest(challenge_of(verifier or "").encode(), challenge.encode()):
            raise Refusal(HANDOFF_UNBOUND, cause="not the verifier of the challenge")
    elif verifier or not is_mark_of(cookie, facts["browser"]):
        raise Refusal(HANDOFF_UNBOUND, cause="not the browser that began")
