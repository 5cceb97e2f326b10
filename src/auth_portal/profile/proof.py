"""What this room asks of passwords: proof that the signed-in person is the owner, right now."""

from typing import Protocol

from auth_portal.core.visitor import Visitor
from auth_portal.sessions.recognise import Present


class ProveOwner(Protocol):
    """The current password where there is one, else a recent sign-in."""

    async def __call__(self, present: Present, current: str | None, visitor: Visitor) -> None:
        """Raises WRONG_CURRENT_PASSWORD, RECENT_SIGN_IN_REQUIRED, TOO_MANY_REQUESTS."""
