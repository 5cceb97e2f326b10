"""Proof that the signed-in person is the owner, right now, before something that cannot be undone."""

from dataclasses import dataclass

from auth_portal.core.clock import Clock
from auth_portal.core.refusal import WRONG_CURRENT_PASSWORD, Kind, Refusal, Refused
from auth_portal.core.visitor import Visitor
from auth_portal.limits.gate import Gate
from auth_portal.passwords.hashing import Hasher
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.session import SessionRules

RECENT_SIGN_IN_REQUIRED = Refused(
    Kind.FORBIDDEN, "recent_sign_in_required", "Please sign in again, then repeat this."
)


@dataclass(frozen=True)
class ProveCurrentPassword:
    """The current password where there is one, else a recent sign-in (ASVS 5.0 7.5.1)."""

    hasher: Hasher
    gate: Gate
    clock: Clock
    rules: SessionRules

    async def __call__(self, present: Present, current: str | None, visitor: Visitor) -> None:
        """Raises WRONG_CURRENT_PASSWORD, RECENT_SIGN_IN_REQUIRED, TOO_MANY_REQUESTS, UNAVAILABLE.

        Guesses count like failed sign-ins: a stolen access token is no way around those limits.
        """
        stored = present.account.password_hash
        if stored is None:
            if self.clock() - present.session.created_at > self.rules.recent:
                raise Refusal(RECENT_SIGN_IN_REQUIRED)
            return
        hold = await self.gate.hold_sign_in(present.account.id, visitor.network)
        try:
            match = await self.hasher.verify(current or "", stored)
        except Refusal:
            await hold.withdrawn()
            raise
        if not match.ok:
            await hold.failed()
            wrong = {"currentPassword": [WRONG_CURRENT_PASSWORD.sentence]}
            raise Refusal(WRONG_CURRENT_PASSWORD, errors=wrong)
        await hold.succeeded()
