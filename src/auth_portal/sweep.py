"""Retention: what has served its time is removed, in small steps that nobody notices."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from auth_portal.core.clock import Clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import Refusal
from auth_portal.profile.delete import Erase
from auth_portal.sessions.session import SessionRules
from auth_portal.storage.stores import Stores

STEP = 500  # rows at a time: a step must not hold the database longer than a few milliseconds
PAUSE = 0.05  # seconds between steps, so that others get their turn
EVERY = 60.0  # seconds between rounds
DELETED_STAY = timedelta(hours=1)
RETIRED_KEYS_STAY = timedelta(days=30)


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

    async def __call__(self, told: Callable[[str, int], None] = lambda _room, _count: None) -> dict[str, int]:
        """Sweep everything that is due; `told` hears of each step."""
        now = self.clock()
        stores, rules = self.stores, self.rules
        steps: dict[str, Callable[[], Awaitable[int]]] = {
            "tickets": lambda: stores.tickets.sweep(now, STEP),
            "sessions": lambda: stores.sessions.sweep(
                now - self.keep_ended, now - rules.idle - self.keep_ended, STEP
            ),
            "devices": lambda: stores.devices.sweep(now - rules.known_device, STEP),
            "letters": lambda: stores.outbox.sweep(now - self.keep_letters, STEP),
            "events": lambda: stores.journal.sweep(now - self.journal_retention, STEP),
            "accounts": self._deleted,
        }
        swept = {room: await self._drain(room, step, told) for room, step in steps.items()}
        swept["keys"] = await stores.signing_keys.sweep(now - RETIRED_KEYS_STAY)
        return swept

    async def _drain(
        self, room: str, step: Callable[[], Awaitable[int]], told: Callable[[str, int], None]
    ) -> int:
        """Step after step until a room has nothing left that is due."""
        total = 0
        while (count := await step()) > 0:
            total += count
            told(room, total)
            if count < STEP:
                break
            await asyncio.sleep(PAUSE)
        return total

    async def _deleted(self) -> int:
        """Deleted accounts: finish an erasing that was cut short, then remove the row itself.

        In that order: the row is what the next round finds if this one is cut short in its turn.
        """
        gone = await self.stores.accounts.deleted_before(self.clock() - DELETED_STAY, STEP)
        for account_id in gone:
            await self.erase(account_id, None)
            await self.stores.accounts.remove_deleted(account_id)
        return len(gone)

    async def forever(self) -> None:
        """Round after round until cancelled; a database that is away is tried again."""
        while True:
            await asyncio.sleep(self.every)
            try:
                swept = await self()
            except Refusal as refusal:
                self.log.warning("sweep put off", cause=str(refusal))
            except Exception as error:  # noqa: BLE001 -- whatever it was: rows must not pile up for ever
                self.log.error("a sweep failed", cause=repr(error))  # noqa: TRY400 -- its locals are rows
            else:
                if any(swept.values()):
                    self.log.info("swept", **swept)
