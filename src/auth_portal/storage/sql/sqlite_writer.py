"""The one thread that writes to SQLite: many requests' changes in one transaction, one fsync."""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing, suppress
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from auth_portal.core.log import Log
from auth_portal.core.refusal import unavailable
from auth_portal.storage.sql import sqlite_connection
from auth_portal.storage.sql.driver import Step, TakenError, Work, drive

LARGEST_BATCH = 500
PAUSE_AFTER_DEATH = 0.2  # seconds, doubled up to LONGEST_PAUSE
LONGEST_PAUSE = 2.0

Job = Step | Callable[[], Work[Any]]


class Change(NamedTuple):
    """A job in the queue, and what the request that wants it waits for."""

    job: Job
    future: "asyncio.Future[Any]"


Answer = tuple[Change, Any, BaseException | None]


class SqliteWriter:
    """Takes what waits, at most `LARGEST_BATCH`, into one transaction; answers when it is committed.

    A change that is refused is undone by its savepoint and spoils no neighbour. When SQLite itself
    ends the transaction (disk full, I/O error, lock), every member of the batch gets a 503 and
    nothing is answered from it. `commits` and `changes` count what was done since the start.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], most_waiting: int, log: Log) -> None:
        self._connect = connect
        self._most_waiting = most_waiting
        self._log = log
        self._waiting: deque[Change] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()  # rung once for each turn that brought changes
        self._turns: dict[asyncio.AbstractEventLoop, list[Change]] = {}  # of each loop, not yet in the queue
        self._batch: list[Change] = []
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._live, name="sqlite-writer", daemon=True)
        self.commits = 0
        self.changes = 0

    @property
    def ready(self) -> bool:
        """The thread runs and has its connection."""
        return self._ready.is_set() and self._thread.is_alive() and not self._closing.is_set()

    def start(self) -> None:
        """Begin; returns once the connection stands, or after two seconds without it."""
        self._thread.start()
        self._ready.wait(timeout=2)

    def close(self) -> None:
        """Write what still waits, then stop."""
        self._closing.set()
        self._bell.put(None)
        if self._thread.ident is not None:
            self._thread.join()
        self._fail_all("the database is closed")

    async def submit(self, job: Job) -> Any:
        """Have a job done and committed. Withdrawn before its batch began, it is never applied.

        What the requests of one turn of the loop want goes over together: the thread is woken once,
        and they share a commit.
        """
        if self._closing.is_set():
            raise unavailable("the database is being closed", untouched=True)
        loop = asyncio.get_running_loop()
        turn = self._turns.get(loop)
        if turn is None:
            turn = self._turns[loop] = []
        if len(self._waiting) + len(turn) >= self._most_waiting:
            raise unavailable("too many changes wait for the SQLite writer", untouched=True)
        if not turn:
            loop.call_soon(self.hand_over, loop)
        future: asyncio.Future[Any] = loop.create_future()
        turn.append(Change(job, future))
        return await future

    def hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give the thread what waits on the loop; runs there, behind what was ready with the first of it."""
        self._waiting.extend(self._turns.pop(loop, ()))
        self._bell.put(None)
        if self._closing.is_set() and not self._thread.is_alive():
            self._fail_all("the database is closed")

    def _live(self) -> None:
        """Serve; after a death fail whoever waits, and start anew with a fresh connection."""
        pause = PAUSE_AFTER_DEATH
        while True:
            served = self.commits
            try:
                with closing(self._connect()) as connection:
                    self._ready.set()
                    self._serve(connection)
            except BaseException as error:  # noqa: BLE001 -- whatever it was, nobody may wait for ever
                self._ready.clear()
                self._log.error("the SQLite writer died and is started anew", cause=repr(error))
                self._fail_all(f"the SQLite writer died: {error!r}")
            self._ready.clear()
            if self._closing.is_set():
                return
            pause = PAUSE_AFTER_DEATH if self.commits > served else min(pause * 2, LONGEST_PAUSE)
            self._closing.wait(pause)

    def _serve(self, connection: sqlite3.Connection) -> None:
        """Batch after batch until closed."""
        while True:
            self._bell.get()
            while self._waiting:
                self._hush()
                self._gather()
                answers = self._write(connection, self._batch)
                self._batch = []
                _answer(answers)
            if self._closing.is_set():
                return

    def _hush(self) -> None:
        """Forget the bells that were rung while nobody listened: what they rang for waits already."""
        with suppress(Empty):
            while True:
                self._bell.get_nowait()

    def _gather(self) -> None:
        """Take what waits by now."""
        while self._waiting and len(self._batch) < LARGEST_BATCH:
            self._batch.append(self._waiting.popleft())

    def _write(self, connection: sqlite3.Connection, batch: list[Change]) -> list[Answer]:
        """One transaction; the answers are true only because it is committed when this returns."""
        answers: list[Answer] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            answers.extend(_apply(connection, change) for change in batch if not change.future.cancelled())
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            return self._lost(connection, batch, error)
        self.commits += 1
        self.changes += len(answers)
        return answers

    def _lost(
        self, connection: sqlite3.Connection, batch: list[Change], error: sqlite3.Error
    ) -> list[Answer]:
        """The transaction is gone: the whole batch fails, and nothing of it stays."""
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        code = sqlite_connection.primary_code(error)
        if code not in sqlite_connection.BUSY | {sqlite3.SQLITE_FULL}:
            raise error  # a connection that saw an I/O error is not used again
        self._log.warning("a batch of changes could not be written", cause=str(error), changes=len(batch))
        refusal = sqlite_connection.refusal_for(error)
        refusal.untouched = True
        return [(change, None, refusal) for change in batch]

    def _fail_all(self, cause: str) -> None:
        """Nobody waits for a writer that is gone."""
        waiting, self._batch = self._batch, []
        with suppress(IndexError):  # at the very end two threads may be here
            while True:
                waiting.append(self._waiting.popleft())
        _answer([(change, None, unavailable(cause)) for change in waiting])


def _apply(connection: sqlite3.Connection, change: Change) -> Answer:
    """One change. Raises sqlite3.Error when the whole transaction is lost.

    A statement that fails undoes itself and nothing else; several need a savepoint for that.
    """
    job = change.job
    try:
        if isinstance(job, Step):
            return change, sqlite_connection.execute(connection, job), None
        connection.execute("SAVEPOINT change")
        result = drive(job(), lambda step: sqlite_connection.execute(connection, step))
        connection.execute("RELEASE change")
    except Exception as error:
        # On a full disk SQLite has rolled everything back, and `ROLLBACK TO` would fail as well.
        if isinstance(error, sqlite3.Error) and (
            sqlite_connection.is_of_the_machine(error) or not connection.in_transaction
        ):
            raise
        if not isinstance(job, Step):
            connection.execute("ROLLBACK TO change")
            connection.execute("RELEASE change")
        if getattr(error, "sqlite_errorcode", 0) in sqlite_connection.UNIQUE:
            return change, None, TakenError(str(error))
        return change, None, error
    return change, result, None


def _answer(answers: list[Answer]) -> None:
    """Wake the requests, each loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        loops.setdefault(answer[0].future.get_loop(), []).append(answer)
    for loop, told in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, told)


def _settle(answers: list[Answer]) -> None:
    """Runs on the loop."""
    for change, result, error in answers:
        if change.future.done():
            continue
        if error is None:
            change.future.set_result(result)
        else:
            change.future.set_exception(error)
