"""What the courier asks of a sender, and the three ways in which sending ends."""

import asyncio
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


class Stopped(asyncio.CancelledError):
    """Cancelled when the outcome stood already: it is to be kept before the cancelling takes effect."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Sender(Protocol):
    """Hands one letter over; expected failures are outcomes, not exceptions."""

    async def __call__(self, letter: Letter, content: Content) -> Outcome:
        """Within less than the courier's claim, or it would be sent twice.

        Raises Stopped when it is cancelled once it knows the outcome.
        """
