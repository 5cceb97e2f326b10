"""Letters as files: where they go without a relay, and what the dev inbox shows."""

import asyncio
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import parsedate_to_datetime
from pathlib import Path

from auth_portal.core.ids import ID
from auth_portal.mail.content import Content
from auth_portal.mail.envelope import message_of
from auth_portal.mail.letter import Letter
from auth_portal.mail.rules import MailRules
from auth_portal.mail.sender import Outcome, Sent, TryLater

MOST_SHOWN = 200
LARGEST = 1_000_000
LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class FolderSender:
    """Writes each letter to `<folder>/<letter id>.eml`, whole or not at all, for its owner only."""

    rules: MailRules

    async def __call__(self, letter: Letter, content: Content) -> Outcome:
        """A full or unwritable disk is a reason to try later."""
        raw = message_of(letter, content, self.rules).as_bytes()
        try:
            await asyncio.to_thread(self._write, letter.id, raw)
        except OSError as error:
            return TryLater(f"{type(error).__name__}: {error.strerror}")
        return Sent()

    def _write(self, letter_id: str, raw: bytes) -> None:
        """A reader never sees half a letter; a second try overwrites the first."""
        folder = self.rules.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = folder / f".{letter_id}.part"
        unfinished.unlink(missing_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / f"{letter_id}.eml")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A letter in the folder. `links` are the addresses in its text, in their order."""

    id: str
    recipient: str
    sender: str
    subject: str
    at: datetime
    text: str
    html: str
    links: tuple[str, ...]


@dataclass(frozen=True)
class FolderInbox:
    """Reads the folder, newest first; for development only (`http/` keeps strangers out)."""

    folder: Path

    async def newest(self, at_most: int = 50, recipient: str | None = None) -> list[Delivered]:
        """Up to `at_most` (never more than 200) letters, to one recipient or to anybody."""
        return await asyncio.to_thread(self._newest, min(at_most, MOST_SHOWN), recipient)

    async def find(self, letter_id: str) -> Delivered | None:
        """One letter; None for an id that is none of ours or has no file."""
        return await asyncio.to_thread(self._read, letter_id)

    def _newest(self, at_most: int, recipient: str | None) -> list[Delivered]:
        """Ids sort by time, so names do."""
        if not self.folder.is_dir():
            return []
        names = sorted((path.stem for path in self.folder.glob("*.eml")), reverse=True)
        found: list[Delivered] = []
        for name in names[:MOST_SHOWN]:
            letter = self._read(name)
            if letter is not None and recipient in {None, letter.recipient}:
                found.append(letter)
            if len(found) >= at_most:
                break
        return found

    def _read(self, letter_id: str) -> Delivered | None:
        """One file, parsed."""
        path = self.folder / f"{letter_id}.eml"
        if not ID.fullmatch(letter_id) or not path.is_file() or path.stat().st_size > LARGEST:
            return None
        message = message_from_bytes(path.read_bytes(), policy=SMTPUTF8)
        text, html = _part(message, "plain"), _part(message, "html")
        return Delivered(
            id=letter_id,
            recipient=str(message["To"] or ""),
            sender=str(message["From"] or ""),
            subject=str(message["Subject"] or ""),
            at=parsedate_to_datetime(message["Date"]).astimezone(UTC),
            text=text,
            html=html,
            links=tuple(dict.fromkeys(LINK.findall(text))),
        )


def _part(message: EmailMessage, subtype: str) -> str:
    """The text of one alternative, with plain line ends."""
    part = message.get_body((subtype,))
    return part.get_content().replace("\r\n", "\n") if part is not None else ""
