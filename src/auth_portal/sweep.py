"""Retention: what has served its time is removed, in small steps that nobody notices."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from auth_portal.core.clock import Clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import Refusal
from auth_portal.profile.delete import Erase
from auth_portal.sessions.session import SessionRules
from auth_portal.storage.stores import Stores

STEP = 500  # rows at a time: a step must not hold the database longer than a few milliseconds
PAUSE = 0.05  # seconds between steps, so that others get their turn
EVERY = 60.0  # seconds between rounds
PAGES = 40  # of old sessions, not all of them unused, that a round looks at: less than a second's work
DELETED_STAY = timedelta(hours=1)
RETIRED_KEYS_STAY = timedelta(days=30)


Told = Callable[[str, int], None]
Step = Callable[[], Awaitable[tuple[int, bool]]]
"""Removes some rows; says how many, and whether to go on."""


@dataclass
class Walk:
    """How far the walk along the old sessions has come; the next round goes on from there."""

    since: datetime | None = None


@dataclass(frozen=True)
class Sweep:
    """One round over every room; returns how many rows each lost."""

    stores: Stores
    erase: Erase
    clock: Clock
    rules: SessionRules
    journal_retention: timedelta
    keep_ended: timedelta
    keep_letters: timedelta
    log: Log
    every: float = EVERY
    walk: Walk = field(default_factory=Walk)

    async def __call__(
        self, told: Told = lambda _room, _count: None, *, pages: int | None = None
    ) -> dict[str, int]:
        """Sweep everything that is due; `told` hears of each step.

        With `pages` it goes on with the walk along the old sessions instead of walking all the way,
        and looks at no more pages in which there are others than unused ones. Each room is tried,
        whatever happens in those before it; what happened first is raised at the end.
        """
        swept: dict[str, int] = {}
        faults: list[Exception] = []
        for room, step in self._steps(pages):
            try:
                await self._drain(room, step, swept, told)
            except Exception as fault:  # noqa: BLE001 -- a room that fails keeps no other from being swept
                faults.append(fault)
        if faults:
            raise faults[0]
        return swept

    def _steps(self, pages: int | None) -> list[tuple[str, Step]]:
        """Every room with the step that is repeated in it."""
        now, stores, rules = self.clock(), self.stores, self.rules
        ended = now - self.keep_ended
        return [
            ("tickets", partial(_full, lambda: stores.tickets.sweep(now, STEP))),
            ("sessions", partial(_full, lambda: stores.sessions.sweep(ended, STEP))),
            ("sessions", self._unused(ended - rules.idle, pages)),
            ("devices", partial(_full, lambda: stores.devices.sweep(now - rules.known_device, STEP))),
            ("letters", partial(_full, lambda: stores.outbox.sweep(now - self.keep_letters, STEP))),
            ("events", partial(_full, lambda: stores.journal.sweep(now - self.journal_retention, STEP))),
            ("accounts", partial(_full, self._deleted)),
            ("keys", partial(_full, lambda: stores.signing_keys.sweep(now - RETIRED_KEYS_STAY))),
        ]

    async def _drain(self, room: str, step: Step, swept: dict[str, int], told: Told) -> None:
        """Step after step until a room has nothing left that is due."""
        swept.setdefault(room, 0)
        while True:
            count, more = await step()
            if count:
                swept[room] += count
                told(room, swept[room])
            if not more:
                return
            await asyncio.sleep(PAUSE)

    def _unused(self, before: datetime, pages: int | None) -> Step:
        """The walk along the sessions made long ago; it begins anew when it has come to its end."""
        if pages is None:
            self.walk.since = None
        left = pages

        async def step() -> tuple[int, bool]:
            nonlocal left
            page = await self.stores.sessions.sweep_unused(before, self.walk.since, STEP)
            self.walk.since = page.then
            if left is not None and page.removed < STEP:
                left -= 1
            return page.removed, page.then is not None and left != 0

        return step

    async def _deleted(self) -> int:
        """Deleted accounts: finish an erasing that was cut short, then remove the row itself.

        In that order: the row is what the next round finds if this one is cut short in its turn.
        """
        gone = await self.stores.accounts.deleted_before(self.clock() - DELETED_STAY, STEP)
        for account_id in gone:
            await self.erase(account_id)
            await self.stores.accounts.remove_deleted(account_id)
        return len(gone)

    async def forever(self) -> None:
        """Round after round until cancelled; a database that is away is tried again."""
        while True:
            await asyncio.sleep(self.every)
            try:
                swept = await self(pages=PAGES)
            except Refusal as refusal:
                self.log.warning("sweep put off", cause=str(refusal))
            except Exception as error:  # noqa: BLE001 -- whatever it was: rows must not pile up for ever
                self.log.error("a sweep failed", cause=repr(error))  # noqa: TRY400 -- its locals are rows
            else:
                if any(swept.values()):
                    self.log.info("swept", **swept)


async def _full(sweep: Callable[[], Awaitable[int]]) -> tuple[int, bool]:
    """A step that goes on as long as it finds as many rows as it may remove."""
    count = await sweep()
    return count, count >= STEP
