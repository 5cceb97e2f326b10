"""The port to the outbox. Each method is one atomic change that commits itself."""

from datetime import datetime
from typing import Protocol

from auth_portal.mail.letter import Letter, LetterState


class Outbox(Protocol):
    """Letters wait here until they are sent or dead; nothing leaves it unseen."""

    async def post(self, letter: Letter) -> None:
        """Keep a new letter: once this returns it survives a crash."""

    async def claim(self, now: datetime, until: datetime, at_most: int) -> list[Letter]:
        """Take letters that are due and claimed by nobody (or whose claim ran out), until `until`.

        Each returned letter has `tries` raised by one and `claimed_until` set. No letter is handed
        to two callers whose claims overlap.
        """

    async def sent(self, letter_id: str, claimed_until: datetime, now: datetime) -> bool:
        """It left: state SENT, body erased. Only for the holder of that claim."""

    async def try_later(
        self, letter_id: str, claimed_until: datetime, next_try_at: datetime, error: str
    ) -> bool:
        """It did not leave yet: free the claim, due again at `next_try_at`."""

    async def dead(self, letter_id: str, claimed_until: datetime, now: datetime, error: str) -> bool:
        """It never will: state DEAD, body erased, the error stays."""

    async def find(self, letter_id: str) -> Letter | None:
        """One letter."""

    async def page(self, state: LetterState | None, at_most: int) -> list[Letter]:
        """The newest letters, of one state or of all."""

    async def counts(self) -> dict[LetterState, int]:
        """How many letters wait and how many are dead, zeros included; those that were sent cost nothing."""

    async def next_due(self) -> datetime | None:
        """When the next waiting letter is due; None when none waits."""

    async def forget(self, account_id: str) -> int:
        """Remove every letter of the account, to whatever address; a courier that sends one is too late."""

    async def forget_address(self, recipient: str) -> int:
        """Remove the letters to that address that belong to no account: links of sign-ups."""

    async def sweep(self, before: datetime, at_most: int) -> int:
        """Delete up to `at_most` letters that were settled before that instant."""
