"""What the courier asks of a sender, and the three ways in which sending ends."""

from dataclasses import dataclass
from typing import Protocol

from auth_portal.mail.content import Content
from auth_portal.mail.letter import Letter


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken over by someone who answers for it."""


@dataclass(frozen=True, slots=True)
class TryLater:
    """Not now; `reason` is for the operator and carries no content of the letter."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Never: trying again would give the same answer."""

    reason: str


Outcome = Sent | TryLater | Dead


class Sender(Protocol):
    """Hands one letter over; expected failures are outcomes, not exceptions."""

    async def __call__(self, letter: Letter, content: Content) -> Outcome:
        """Within less than the courier's claim, or it would be sent twice."""
