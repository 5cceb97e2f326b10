"""Posting a letter: rendered and sealed into the outbox before the request answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.secrets import Keyring, Randomness
from auth_portal.mail.content import Content, seal
from auth_portal.mail.letter import Letter, LetterKind
from auth_portal.mail.rules import MailRules
from auth_portal.mail.store import Outbox


class Renderer(Protocol):
    """Turns a letter's facts into words; `templates.py` is the real one."""

    def __call__(
        self, kind: LetterKind, facts: dict[str, str], locale: str | None, now: datetime, until: datetime
    ) -> Content:
        """The letter in the language of `locale`; its link, if any, works from `now` to `until`."""


@dataclass(frozen=True)
class Post:
    """Writes letters into the outbox; sending is the courier's work, which `wake` tells of it.

    Facts, all optional texts: `name` (first name), `hash` (the ticket's token: makes the link),
    `device`, `ip`, `when` (ISO instant; else now), `new_email`, `not_before` (ISO instant: a reset
    that is not possible yet), `provider` (its name in our paths). Unknown facts are ignored; every fact is
    escaped and capped.
    """

    outbox: Outbox
    renderer: Renderer
    sealing: Keyring
    rules: MailRules
    clock: Clock
    randomness: Randomness
    wake: Callable[[], None]

    async def __call__(
        self,
        kind: LetterKind,
        recipient: str,
        *,
        account_id: str | None,
        locale: str | None,
        best_before: datetime | None = None,
        facts: dict[str, str],
    ) -> None:
        """Keep the letter; it survives a crash once this returns. Refusal `unavailable` if it cannot.

        `best_before` is the expiry of the ticket it carries; notices have `notice_best_before`.
        """
        letter = self._write(
            kind, recipient, facts, account_id=account_id, locale=locale, best_before=best_before
        )
        await self.outbox.post(letter)
        self.wake()

    def rehearse(self, kind: LetterKind, recipient: str, locale: str | None, facts: dict[str, str]) -> None:
        """The work of posting without a letter, so that time does not tell who has one (EN4)."""
        self._write(kind, recipient, facts, account_id=None, locale=locale, best_before=None)

    def _write(
        self,
        kind: LetterKind,
        recipient: str,
        facts: dict[str, str],
        *,
        account_id: str | None,
        locale: str | None,
        best_before: datetime | None,
    ) -> Letter:
        """Render and seal."""
        now = self.clock()
        until = best_before or now + self.rules.notice_best_before
        letter_id = new_id(now, self.randomness)
        content = self.renderer(kind, facts, locale, now, until)
        domain = self.rules.sender_address.rpartition("@")[2] or "localhost"
        return Letter(
            id=letter_id,
            kind=kind,
            recipient=recipient,
            account_id=account_id,
            message_id=f"<{letter_id}@{domain}>",
            sealed=seal(content, letter_id, self.sealing),
            created_at=now,
            next_try_at=now,
            best_before=until,
        )
