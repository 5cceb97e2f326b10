"""Windows in this process: exact, bounded in memory, the key that was used least recently goes first."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from auth_portal.limits.mark import STALE, new_mark, window_of
from auth_portal.limits.store import Reservation, State

MOST_ENTRIES = 100_000


@dataclass(slots=True)
class _Tries:
    """One key's tries: when held places were taken, when failures happened, in order of time."""

    held: dict[str, float] = field(default_factory=dict)
    failed: dict[str, float] = field(default_factory=dict)
    hits: deque[float] = field(default_factory=deque)

    def size(self) -> int:
        """What it weighs against the bound: the key itself and each of its entries."""
        return 1 + len(self.held) + len(self.failed) + len(self.hits)

    def age(self, now: float) -> None:
        """Undecided for too long is failed, at the moment when it was taken; old failures go."""
        for mark, since in list(self.held.items()):
            if now - since >= STALE.total_seconds():
                del self.held[mark]
                self.failed[mark] = since
        for mark, since in list(self.failed.items()):
            if now - since >= window_of(mark).total_seconds():
                del self.failed[mark]


class InProcessWindows:
    """`now` is a monotonic clock in seconds. Everything happens between two awaits, so is atomic."""

    def __init__(self, now: Callable[[], float], most_entries: int = MOST_ENTRIES) -> None:
        self._now = now
        self._most = most_entries
        self._keys: OrderedDict[str, _Tries] = OrderedDict()
        self._entries = 0

    @property
    def entries(self) -> int:
        """How many keys and entries are kept: never more than the bound (BF15)."""
        return self._entries

    async def reserve(self, key: str, places: int, window: timedelta) -> Reservation:
        """Hold a place; see `limits/store.py`."""
        now = self._now()
        tries = self._take(key)
        tries.age(now)
        answer = self._judge(tries, places, window, now)
        if answer.state is State.RESERVED:
            tries.held[answer.mark] = now
        self._put(key, tries)
        return answer

    async def fail(self, key: str, mark: str) -> None:
        """The place is taken until its window has passed; also when the key was pushed out since."""
        tries = self._take(key)
        tries.held.pop(mark, None)
        tries.failed.pop(mark, None)
        tries.failed[mark] = self._now()
        self._put(key, tries)

    async def give_back(self, key: str, mark: str) -> None:
        """The place is free, even if it had been counted as failed for being held too long."""
        tries = self._take(key)
        tries.held.pop(mark, None)
        tries.failed.pop(mark, None)
        self._put(key, tries)

    async def hit(self, key: str, places: int, window: timedelta) -> timedelta | None:
        """Count one try; None when it fits, else how long until one does."""
        now = self._now()
        tries = self._take(key)
        while tries.hits and now - tries.hits[0] >= window.total_seconds():
            tries.hits.popleft()
        full = len(tries.hits) >= places
        wait = timedelta(seconds=tries.hits[-places] + window.total_seconds() - now) if full else None
        if not full:
            tries.hits.append(now)
        self._put(key, tries)
        return wait

    @staticmethod
    def _judge(tries: _Tries, places: int, window: timedelta, now: float) -> Reservation:
        """What the tries of one key leave for the next one."""
        failures = sorted(tries.failed.values())
        if len(failures) >= places:
            free_at = failures[-places] + window.total_seconds()
            return Reservation(State.FULL, retry_after=timedelta(seconds=max(0.0, free_at - now)))
        if len(failures) + len(tries.held) >= places:
            return Reservation(State.WAIT)
        return Reservation(State.RESERVED, mark=new_mark(window))

    def _take(self, key: str) -> _Tries:
        """The key's tries, taken out while they change."""
        tries = self._keys.pop(key, None)
        if tries is None:
            return _Tries()
        self._entries -= tries.size()
        return tries

    def _put(self, key: str, tries: _Tries) -> None:
        """Back in as the newest; the oldest keys go until everything is within the bound."""
        size = tries.size()
        if size == 1:
            return
        self._keys[key] = tries
        self._entries += size
        while self._entries > self._most and len(self._keys) > 1:
            _, oldest = self._keys.popitem(last=False)
            self._entries -= oldest.size()
