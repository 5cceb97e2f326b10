"""How long a request that may change something may take: one watch for all of them.

A timer for each would be made and thrown away with each request, and hardly ever go off.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from auth_portal.core.refusal import unavailable

BETWEEN = 1.0  # seconds between two looks: a request is cut that much late at the most


@dataclass
class Deadline:
    """Cuts whoever takes longer than `seconds`; what was cut is answered 503."""

    seconds: float
    _until: dict[asyncio.Task[object], float] = field(default_factory=dict)
    _cut: set[asyncio.Task[object]] = field(default_factory=set)
    _watching: bool = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """The body runs in time, or is cut and raises `unavailable`; whoever else cancels it, cancels it."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 -- whoever awaits is in a task
        self._until[task] = loop.time() + self.seconds
        if not self._watching:
            self._watching = True
            loop.call_later(min(BETWEEN, self.seconds), self._look, loop)
        try:
            yield
        except asyncio.CancelledError:
            if task in self._cut and task.uncancel() == 0:
                raise unavailable("no answer in time") from None
            raise
        finally:
            del self._until[task]
            self._cut.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cut those whose time is over, each once; look again while there is anybody."""
        now = loop.time()
        for task, until in self._until.items():
            if until <= now and task not in self._cut:
                self._cut.add(task)
                task.cancel()
        self._watching = bool(self._until)
        if self._watching:
            loop.call_later(min(BETWEEN, self.seconds), self._look, loop)
