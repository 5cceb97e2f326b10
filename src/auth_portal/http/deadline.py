"""How long a request that may change something may take: one watch for all of them.

A timer for each would be made and thrown away with each request, and hardly ever go off.
"""

import asyncio
from dataclasses import dataclass, field

from auth_portal.core.refusal import unavailable

Task = asyncio.Task[object]

BETWEEN = 1.0  # seconds between two looks: a request is cut that much late at the most


@dataclass
class Deadline:
    """Cuts whoever takes longer than `seconds`; what was cut is answered 503."""

    seconds: float
    _until: dict[Task, float] = field(default_factory=dict)
    _cut: set[Task] = field(default_factory=set)
    _watching: bool = False

    def kept(self) -> "Kept":
        """The body runs in time, or is cut and raises `unavailable`; whoever else cancels it, cancels it."""
        return Kept(self)

    def begin(self) -> Task:
        """The present task's time begins."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 -- whoever awaits is in a task
        self._until[task] = loop.time() + self.seconds
        if not self._watching:
            self._watching = True
            loop.call_later(min(BETWEEN, self.seconds), self._look, loop)
        return task

    def end(self, task: Task) -> bool:
        """It is over; True when it was cut."""
        del self._until[task]
        if task not in self._cut:
            return False
        self._cut.remove(task)
        return True

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


class Kept:
    """What `Deadline.kept` returns; written out, since a generator costs twice as much for each request."""

    __slots__ = ("_deadline", "_task")

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        """The time begins."""
        self._task = self._deadline.begin()

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        """Turn our own cancellation, and no other's, into the refusal."""
        cut = self._deadline.end(self._task)
        if cut and isinstance(fault, asyncio.CancelledError) and self._task.uncancel() == 0:
            raise unavailable("no answer in time") from None
