"""A mail relay on loopback that takes letters, refuses them, or hangs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.rig.ports import free_port


class Leaving(Controller):
    """Lets go of its connections before its loop ends, so that none is left to the garbage collector."""

    def __init__(self, handler: object, port: int, **options: Any) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=port, **options)
        self._spoken: list[SMTP] = []

    def factory(self) -> SMTP:
        """One connection."""
        self._spoken.append(super().factory())
        return self._spoken[-1]

    def stop(self, no_assert: bool = False) -> None:
        """Hang up, then stop."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(30)
        super().stop(no_assert)

    async def _hang_up(self) -> None:
        """Abort what is open and give the loop a few rounds to notice."""
        for spoken in self._spoken:
            if spoken.transport is not None:
                spoken.transport.abort()
        for _ in range(10):
            await asyncio.sleep(0)


@dataclass
class Relay:
    """What the relay does with the next letter, and what it has taken.

    `mood`: take, refuse (450 at RCPT), unknown (550 at RCPT), hang (never answers DATA),
    drop (takes the letter, then cuts the line without saying so).
    """

    mood: str = "take"
    taken: list[EmailMessage] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    asked: int = 0  # letters that have arrived, whatever became of them

    async def handle_RCPT(  # noqa: N802 -- the library calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient is named."""
        del server, session, options
        if self.mood == "refuse":
            return "450 try again later"
        if self.mood == "unknown":
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A letter arrives."""
        del session
        self.asked += 1
        if self.mood == "hang":
            await asyncio.sleep(600)
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.taken.append(letter)
        if self.mood == "drop":
            server.transport.abort()
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """What it has taken for that address."""
        return [letter for letter in list(self.taken) if address in str(letter["To"])]

    @contextmanager
    def open(self) -> Iterator["Relay"]:
        """Listen; outside of this block connections are refused."""
        controller = Leaving(self, self.port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()
