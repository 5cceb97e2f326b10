"""Carries letters out of the outbox: claims, sends, tries again with growing pauses, gives up in time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from auth_portal.core.clock import Clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import Refusal
from auth_portal.core.secrets import Keyring, Randomness, UnknownKey
from auth_portal.mail.content import unseal
from auth_portal.mail.letter import Letter
from auth_portal.mail.rules import MailRules
from auth_portal.mail.sender import Dead, Outcome, Sender, Sent, Stopped, TryLater
from auth_portal.mail.store import Outbox

AT_ONCE = 4
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_DOUBLING = 20
POLL = timedelta(seconds=2)  # letters of an instance that died, and a clock that was set, are noticed
SHORTEST_IDLE = 0.2  # seconds; a letter that another instance carries looks overdue meanwhile
AFTER_A_FAULT = timedelta(seconds=1)
FAREWELL = timedelta(seconds=2)  # what is being sent at shutdown may be finished for that long
MOST_OF_ERROR = 300


def pause_after(tries: int, longest: timedelta, randomness: Randomness) -> timedelta:
    """How long to wait after that many tries: doubling, up to `longest`, three quarters to all of it.

    The spread keeps a thousand letters from knocking at a recovered relay in one second.
    """
    whole = min(longest, FIRST_PAUSE * 2 ** min(max(tries, 1) - 1, LONGEST_DOUBLING))
    share = 0.75 + 0.25 * int.from_bytes(randomness(2)) / 0xFFFF
    return timedelta(milliseconds=int(whole.total_seconds() * 1000 * share))


@dataclass(frozen=True)
class Courier:
    """Runs beside the server; any number of instances share one outbox by claiming.

    `counted` is told `sent`, `later` or `dead` for each try. Nothing but cancelling ends `run`.
    """

    outbox: Outbox
    sender: Sender
    sealing: Keyring
    rules: MailRules
    clock: Clock
    randomness: Randomness
    log: Log
    counted: Callable[[str], None]
    poll: timedelta = POLL
    _bell: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _busy: set[asyncio.Task[Any]] = field(default_factory=set, repr=False)

    def wake(self) -> None:
        """There may be something to do. To be called in the event loop's own thread."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled; then finish what is under way, or let its claim go."""
        try:
            while True:
                self._bell.clear()
                free = AT_ONCE - len(self._busy)
                if free <= 0 or not await self._begin(free):
                    idle = await self._idle()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(idle):
                            await self._bell.wait()
        finally:
            await self._farewell()

    async def _begin(self, at_most: int) -> bool:
        """Carry what is due. A stop in this moment leaves no letter claimed and uncarried (`_farewell`)."""
        taking = asyncio.create_task(self._take(at_most))
        self._busy.add(taking)
        taking.add_done_callback(self._busy.discard)
        return await asyncio.shield(taking)

    async def _take(self, at_most: int) -> bool:
        """Whether there was a letter to claim; each is on its way then."""
        claimed = await self._claim(at_most)
        for letter in claimed:
            task = asyncio.create_task(self._deliver(letter))
            self._busy.add(task)
            task.add_done_callback(self._done)
        return bool(claimed)

    async def _claim(self, at_most: int) -> list[Letter]:
        """Letters that are due. A database that is away makes a pause, not an end (OP2)."""
        now = self.clock()
        try:
            due = await self.outbox.next_due()  # a read: an idle courier writes nothing
            if due is None or due > now:
                return []
            return await self.outbox.claim(now, now + self.rules.claim, at_most)
        except Refusal as refusal:
            self.log.warning("the courier cannot read the outbox", cause=str(refusal))
        except Exception as error:  # noqa: BLE001 -- whatever it was: letters must go on afterwards
            self._fault("the courier failed to read the outbox", error)
        await asyncio.sleep(AFTER_A_FAULT.total_seconds())
        return []

    async def _idle(self) -> float:
        """Seconds until there may be something to do without a bell."""
        try:
            due = await self.outbox.next_due()
        except Exception:  # noqa: BLE001 -- the next claim will tell
            return self.poll.total_seconds()
        left = (due - self.clock()).total_seconds() if due is not None else self.poll.total_seconds()
        return min(self.poll.total_seconds(), max(left, SHORTEST_IDLE))

    async def _deliver(self, letter: Letter) -> None:
        """One try at one letter, settled in the outbox."""
        try:
            outcome = await self._send(letter)
        except Stopped as stopped:
            await self._settle(letter, stopped.outcome)
            raise
        except asyncio.CancelledError:
            await self._settle(letter, TryLater("stopped while sending"), at=self.clock())
            raise
        except Exception as error:  # noqa: BLE001 -- a fault of ours must not stop other letters
            self._fault("sending a letter failed", error, letter=letter.id)
            outcome = TryLater(f"fault: {type(error).__name__}")
        await self._settle(letter, outcome)

    async def _send(self, letter: Letter) -> Outcome:
        """Ask the sender, unless the letter is no longer worth sending or cannot be opened."""
        if self.clock() >= letter.best_before:
            return Dead(f"not sent before {letter.best_before.isoformat()}; last: {letter.last_error or '-'}")
        try:
            content = unseal(letter, self.sealing)
        except UnknownKey as error:  # while a new root secret comes to one instance after the other
            return TryLater(f"its body cannot be opened: {error}")
        except ValueError as error:
            return Dead(f"its body cannot be opened: {error}")
        return await self.sender(letter, content)

    async def _settle(self, letter: Letter, outcome: Outcome, at: datetime | None = None) -> None:
        """Write the outcome, counted and logged."""
        now = self.clock()
        until = letter.claimed_until or now
        if isinstance(outcome, Sent):
            held = await self._insist(letter, lambda: self.outbox.sent(letter.id, until, now))
            self._tell("sent", letter, "")
        elif isinstance(outcome, Dead):
            reason = outcome.reason[:MOST_OF_ERROR]
            held = await self._insist(letter, lambda: self.outbox.dead(letter.id, until, now, reason))
            self._tell("dead", letter, reason)
        else:
            reason = outcome.reason[:MOST_OF_ERROR]
            again = at or now + pause_after(letter.tries, self.rules.longest_pause, self.randomness)
            again = min(again, letter.best_before)
            held = await self._insist(letter, lambda: self.outbox.try_later(letter.id, until, again, reason))
            self._tell("later", letter, reason)
        if not held:
            self.log.warning("another courier had this letter too", letter=letter.id)

    async def _insist(self, letter: Letter, write: Callable[[], Awaitable[bool]]) -> bool:
        """Try until it is written or the claim is over: an unwritten "sent" would be sent again."""
        while True:
            try:
                return await write()
            except Exception as error:  # noqa: BLE001 -- the database may be away for a moment
                if self.clock() >= (letter.claimed_until or self.clock()):
                    self._fault("a letter's outcome was not kept", error, letter=letter.id)
                    return True
            await asyncio.sleep(AFTER_A_FAULT.total_seconds())

    def _tell(self, outcome: str, letter: Letter, reason: str) -> None:
        """Metrics and log; the address stays out of both."""
        self.counted(outcome)
        facts = {"letter": letter.id, "kind": letter.kind.value, "tries": letter.tries}
        if outcome == "dead":
            self.log.error("a letter is dead", **facts, reason=reason)
        elif outcome == "later":
            self.log.warning("a letter did not leave yet", **facts, reason=reason)
        else:
            self.log.info("a letter left", **facts)

    def _done(self, task: asyncio.Task[None]) -> None:
        """A place is free."""
        self._busy.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault("the courier stumbled", task.exception())
        self._bell.set()

    def _fault(self, event: str, error: BaseException | None, **facts: str) -> None:
        """An unexpected fault, named without a traceback: its locals hold letters."""
        self.log.error(event, **facts, cause=repr(error))

    async def _farewell(self) -> None:
        """Shutdown: a moment for what is under way, then the claims are let go."""
        now = asyncio.get_running_loop().time
        end = now() + FAREWELL.total_seconds()
        while self._busy and (left := end - now()) > 0:  # a claim that ends now begins letters
            await asyncio.wait(set(self._busy), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        late = set(self._busy)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=FAREWELL.total_seconds())
