"""Windows shared by all instances, in Valkey; while it is away each instance counts by itself."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import TypeAlias, TypeVar

from valkey.asyncio import Valkey
from valkey.commands.core import AsyncScript
from valkey.exceptions import TimeoutError as SlowAnswer
from valkey.exceptions import ValkeyError

from auth_portal.core.log import Log
from auth_portal.limits.in_process import InProcessWindows
from auth_portal.limits.mark import STALE, new_mark, window_of
from auth_portal.limits.store import Reservation, State
from auth_portal.storage.valkey.address import LONGEST_ANSWER, pool_for
from auth_portal.storage.valkey.scripts import FAIL, GIVE_BACK, HIT, RESERVE

Answer = TypeVar("Answer")
Arguments: TypeAlias = "list[str | int | float | bytes | memoryview[int]]"

MOST_MISSES = 3  # slow answers in a row; one alone may be our own event loop's fault
BREAK = 1.0  # seconds during which nobody asks again
SILENCE = 60.0  # seconds between two warnings
PREFIX = "auth-portal:limits:"


def _milliseconds(duration: timedelta) -> int:
    """Whole milliseconds, at least one."""
    return max(1, duration // timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class _Scripts:
    """The four scripts, loaded again by the client when the server has forgotten them."""

    reserve: AsyncScript
    fail: AsyncScript
    give_back: AsyncScript
    hit: AsyncScript


class ValkeyWindows:
    """The `Windows` port on Valkey or Redis (7 or newer): one round trip per call.

    An error, or three slow answers in a row, open a breaker for a second: calls then go to
    `fallback`, which is never an open door, and one call a second asks whether the server is back.
    """

    def __init__(
        self, url: str, fallback: InProcessWindows, log: Log, patience: float = LONGEST_ANSWER
    ) -> None:
        self._client = Valkey.from_pool(pool_for(url, patience))
        register = self._client.register_script
        self._scripts = _Scripts(register(RESERVE), register(FAIL), register(GIVE_BACK), register(HIT))
        self._fallback = fallback
        self._patience = patience
        self._log = log
        self._ask_again_at = 0.0
        self._warn_again_at = 0.0
        self._away = False
        self._misses = 0

    async def reserve(self, key: str, places: int, window: timedelta) -> Reservation:
        """Hold a place; see `limits/store.py`."""
        mark = new_mark(window)
        arguments: Arguments = [places, _milliseconds(window), mark, _milliseconds(STALE)]
        answer = await self._ask(lambda: self._scripts.reserve(keys=_pair(key), args=arguments))
        if answer is None:
            return await self._fallback.reserve(key, places, window)
        state, wait = answer
        if state == 0:
            return Reservation(State.RESERVED, mark=mark)
        if state == 1:
            return Reservation(State.WAIT)
        return Reservation(State.FULL, retry_after=timedelta(milliseconds=wait))

    async def fail(self, key: str, mark: str) -> None:
        """Counted here and there: the server may be gone in a moment, or have come back just now."""
        await self._fallback.fail(key, mark)
        arguments: Arguments = [mark, _milliseconds(window_of(mark))]
        await self._ask(lambda: self._scripts.fail(keys=_pair(key), args=arguments))

    async def give_back(self, key: str, mark: str) -> None:
        """Freed wherever it was held. Out of reach, it counts as failed after 30 s: shut, not open."""
        await self._fallback.give_back(key, mark)
        await self._ask(lambda: self._scripts.give_back(keys=_pair(key), args=[mark]))

    async def hit(self, key: str, places: int, window: timedelta) -> timedelta | None:
        """Count one try; None when it fits, else how long until one does."""
        arguments: Arguments = [places, _milliseconds(window), new_mark(window)]
        name = f"{PREFIX}{{{_short(key)}}}:hits"
        wait = await self._ask(lambda: self._scripts.hit(keys=[name], args=arguments))
        if wait is None:
            return await self._fallback.hit(key, places, window)
        return None if wait < 0 else timedelta(milliseconds=wait)

    async def ping(self) -> bool:
        """The server answers; for `doctor`."""
        try:
            async with asyncio.timeout(LONGEST_ANSWER * 4):
                return bool(await self._client.ping())
        except (ValkeyError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def _ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """The server's answer, None when there is none to be had in time."""
        loop = asyncio.get_running_loop()
        if self._away:
            if loop.time() < self._ask_again_at:
                return None
            self._ask_again_at = loop.time() + BREAK  # one call asks; the others need not wait for it
        try:
            async with asyncio.timeout(self._patience):
                answer = await question()
        except (ValkeyError, OSError, TimeoutError) as error:
            self._misses += 1
            slow = isinstance(error, TimeoutError | SlowAnswer)
            if self._away or not slow or self._misses >= MOST_MISSES:
                self._note_absence(loop.time(), error)
            return None
        self._misses = 0
        if self._away:
            self._away = False
            self._log.info("limits are shared in Valkey again")
        return answer

    def _note_absence(self, now: float, error: Exception) -> None:
        """Open the breaker; warn, but not for every request."""
        self._ask_again_at = now + BREAK
        self._away = True
        if now >= self._warn_again_at:
            self._warn_again_at = now + SILENCE
            self._log.warning(
                "Valkey does not answer: this instance counts tries by itself", cause=type(error).__name__
            )


def _short(key: str) -> str:
    """Keys hold text from outside (networks): hashed, they have one length and no odd characters."""
    return blake2b(key.encode(), digest_size=16).hexdigest()


def _pair(key: str) -> list[str]:
    """The names of a key's two sets."""
    short = _short(key)
    return [f"{PREFIX}{{{short}}}:held", f"{PREFIX}{{{short}}}:failed"]
