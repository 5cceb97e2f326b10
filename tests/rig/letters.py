"""The letters that a portal has written to its folder, read as a recipient reads them."""

import re
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path

WAIT_SECONDS = 30
HASH = re.compile(r"[?&]hash=([A-Za-z0-9_.~-]+)")


@dataclass(frozen=True)
class Letters:
    """All letters of a folder of `.eml` files, oldest first."""

    folder: Path

    def all(self, to: str | None = None, subject: str | None = None) -> list[EmailMessage]:
        """Those to that address, and with that subject, if given."""
        ages = sorted((_age(path), path) for path in self.folder.glob("*.eml"))
        found = [_read(path, written) for (written, _name), path in ages]
        return [
            letter
            for letter, its_to, its_subject in found
            if (to is None or to in its_to) and (subject is None or subject == its_subject)
        ]

    def wait(self, to: str, subject: str | None = None, count: int = 1) -> EmailMessage:
        """The `count`-th such letter; waits for it, and says what came instead if it does not."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            found = self.all(to, subject)
            if len(found) >= count:
                return found[count - 1]
            time.sleep(0.05)
        came = [f"{letter['To']}: {letter['Subject']}" for letter in self.all()]
        raise AssertionError(f"no letter {count} to {to} ({subject}); there are {came}")

    def hash(self, to: str, subject: str | None = None, count: int = 1) -> str:
        """The token of the link in such a letter."""
        return link_hash(self.wait(to, subject, count))


def text_of(letter: EmailMessage) -> str:
    """The plain-text part."""
    body = letter.get_body(("plain",))
    assert body is not None, "a letter without plain text"
    return str(body.get_content())


def link_hash(letter: EmailMessage) -> str:
    """The token of the letter's link."""
    found = HASH.search(text_of(letter))
    assert found is not None, f"no link in: {text_of(letter)}"
    return found[1]


@cache
def _read(path: Path, _written: int) -> tuple[EmailMessage, str, str]:
    """One file, its address, its subject; parsed once, for shared folders are looked into again and again."""
    letter = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter, str(letter["To"]), str(letter["Subject"])


def _age(path: Path) -> tuple[int, str]:
    """When it was written."""
    return path.stat().st_mtime_ns, path.name
