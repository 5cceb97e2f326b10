"""A post office on a real SQLite outbox, with a clock and a sender that do as they are told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from auth_portal.core.secrets import system_randomness
from auth_portal.mail.content import Content
from auth_portal.mail.courier import Courier
from auth_portal.mail.letter import Letter, LetterState
from auth_portal.mail.post import Post
from auth_portal.mail.rules import MailRules
from auth_portal.mail.sender import Outcome, Sender, Sent
from auth_portal.mail.store import Outbox
from auth_portal.mail.templates import Templates
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.open import open_sql
from auth_portal.storage.stores import Stores
from tests.mail.desk import NOW, RULES, SEALING
from tests.rig.logbook import Logbook

PATIENCE = 60.0
POLL = timedelta(milliseconds=20)


@dataclass
class Clock:
    """An instant that is moved by hand."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """Now."""
        return self.at

    def move(self, by: timedelta) -> None:
        """Later."""
        self.at += by


@dataclass
class Told:
    """A sender that answers what it is told, and remembers what it was given."""

    answer: Outcome | Exception = field(default_factory=Sent)
    given: list[tuple[Letter, Content]] = field(default_factory=list)

    async def __call__(self, letter: Letter, content: Content) -> Outcome:
        """As told."""
        self.given.append((letter, content))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Stuck:
    """A sender that never comes back."""

    begun: int = 0

    async def __call__(self, letter: Letter, content: Content) -> Outcome:
        """Hang."""
        del letter, content
        self.begun += 1
        await asyncio.Event().wait()
        return Sent()


@dataclass
class PostOffice:
    """Stores, clock, log and counts; couriers are opened by `working`."""

    stores: Stores
    clock: Clock = field(default_factory=Clock)
    log: Logbook = field(default_factory=Logbook)
    counted: Counter[str] = field(default_factory=Counter)

    def post(self, wake: Callable[[], None] = lambda: None) -> Post:
        """Something to post letters with."""
        outbox, clock = self.stores.outbox, self.clock
        return Post(outbox, Templates(RULES), SEALING, RULES, clock, system_randomness, wake)

    def courier(self, sender: Sender, rules: MailRules = RULES, outbox: Outbox | None = None) -> Courier:
        """One instance's courier."""
        kept = outbox or self.stores.outbox
        return Courier(
            kept, sender, SEALING, rules, self.clock, system_randomness, self.log, self._count, poll=POLL
        )

    def _count(self, outcome: str) -> None:
        self.counted[outcome] += 1

    async def until(self, state: LetterState, many: int = 1) -> list[Letter]:
        """Wait until that many letters stand so."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.stores.outbox.page(state, 100)
                if len(found) >= many:
                    return found
                await asyncio.sleep(0.02)

    async def until_tried(self, letter_id: str, tries: int) -> Letter:
        """Wait until that try is over and the letter waits for the next one."""
        async with asyncio.timeout(PATIENCE):
            while True:
                letter = await self.stores.outbox.find(letter_id)
                if letter is not None and letter.tries >= tries and letter.claimed_until is None:
                    return letter
                await asyncio.sleep(0.02)


@asynccontextmanager
async def a_post_office(folder: Path) -> AsyncIterator[PostOffice]:
    """On a fresh database."""
    log = Logbook()
    stores = await open_sql(StorageRules(f"sqlite:///{folder / 'mail.db'}"), log)
    await stores.admin.migrate(lambda _line: None)
    try:
        yield PostOffice(stores, log=log)
    finally:
        await stores.close()


@asynccontextmanager
async def working(*couriers: Courier) -> AsyncIterator[None]:
    """They run meanwhile, and have ended afterwards."""
    tasks = [asyncio.create_task(courier.run()) for courier in couriers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


def hasty(rules: MailRules = RULES) -> MailRules:
    """A second between two tries."""
    return replace(rules, longest_pause=timedelta(seconds=1))
