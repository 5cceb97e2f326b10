"""Hashing passwords: argon2id in a few slots with a short queue, the same work for every answer."""

import asyncio
import os
import re
import sys
import threading
import unicodedata
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from argon2.exceptions import Argon2Error
from argon2.low_level import Type, hash_secret, verify_secret
from msgspec import Struct

from auth_portal.core.log import Log
from auth_portal.core.refusal import unavailable
from auth_portal.core.secrets import Randomness, system_randomness
from auth_portal.passwords.foreign import is_foreign, matches
from auth_portal.passwords.rules import MOST_BYTES, PasswordRules

SALT_BYTES = 16
HASH_BYTES = 32
MOST_MEMORY_KIB = 262_144  # a stored hash must not be able to exhaust the server
MOST_WORK_KIB = 4 * MOST_MEMORY_KIB  # memory times passes
MOST_STORED = 1024  # characters
NICER = 5  # by how much hashing steps back behind the event loop
OURS = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,171}",
    re.ASCII,
)

Still = Callable[[], Awaitable[object]]
"""Raises when the work is no longer wanted."""

_Result = TypeVar("_Result")


class Match(Struct, frozen=True):
    """`outdated` says that a right password's stored form should be replaced by today's."""

    ok: bool
    outdated: bool


@dataclass(slots=True, eq=False)
class Place:
    """One hash that may be asked for, now or once what belongs before it is written."""

    at_work: bool = False


@dataclass
class Calls:
    """How often the hasher worked, and how often it had no place: for metrics and tests."""

    hashed: int = 0
    verified: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Hasher:
    """At most `slots` hashes at once, `queue` more wait; beyond that the answer is 503.

    So a flood of sign-ins costs slots times memory and no more, and the event loop stays free
    (SECURITY.md OP11). A request that is withdrawn while it waits is never hashed.
    """

    rules: PasswordRules
    log: Log
    randomness: Randomness = system_randomness
    calls: Calls = field(default_factory=Calls)
    _pool: ThreadPoolExecutor = field(init=False, repr=False)
    _slots: asyncio.Semaphore = field(init=False, repr=False)
    _places: set[Place] = field(default_factory=set, init=False, repr=False)
    _nobodys: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the slots, and the hash that nobody's password has."""
        pool = ThreadPoolExecutor(self.rules.slots, thread_name_prefix="hashing", initializer=_give_way)
        object.__setattr__(self, "_pool", pool)
        object.__setattr__(self, "_slots", asyncio.Semaphore(self.rules.slots))
        object.__setattr__(self, "_nobodys", self._unmatchable())

    @property
    def waiting(self) -> int:
        """How many requests wait for a slot now, or do what belongs before."""
        return max(0, len(self._places) - self.rules.slots)

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Take a place in a slot or in the queue. Raises `unavailable` (503) when there is none.

        Whoever writes before it hashes asks for it first: what a flood brings beyond the queue
        then costs no write.
        """
        if len(self._places) >= self.rules.slots + self.rules.queue:
            self.calls.refused += 1
            raise unavailable("every hashing slot and place in the queue is taken")
        place = Place()
        self._places.add(place)
        try:
            yield place
        finally:
            if not place.at_work:
                self._places.discard(place)

    async def hash(self, password: str, still: Still | None = None) -> str:
        """The PHC string of a password, under today's parameters. Raises `unavailable` (503).

        The password has passed the policy; it is hashed whole, in NFC (ASVS 5.0 6.2.8, 11.4.2).
        `still` is asked when the turn has come: what it raises is raised, and nothing is hashed.
        """
        secret = _bytes(password)
        rules, salt = self.rules, self.randomness(SALT_BYTES)

        def work() -> str:
            costs = (rules.passes, rules.memory_kib, rules.lanes)
            return hash_secret(secret, salt, *costs, HASH_BYTES, Type.ID).decode("ascii")

        hashed = await self._in_a_slot(work, still)
        self.calls.hashed += 1
        return hashed

    async def verify(self, password: str, stored: str | None, place: Place | None = None) -> Match:
        """Whether it is the password. Raises `unavailable` (503), then nothing was evaluated.

        Where there is no hash, or none that can be read, the same work is done on one that no
        password has: time does not tell who has an account (SECURITY.md EN2).
        """
        work = self._verification(password, stored)
        ok = await self._in_a_slot(work, place=place)
        self.calls.verified += 1
        return Match(ok, ok and not self._is_current(stored))

    def close(self) -> None:
        """Let the threads go; those at work finish their hash."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verification(self, password: str, stored: str | None) -> Callable[[], bool]:
        """The work that belongs to the stored form."""
        secret = _bytes(password)
        if len(secret) > MOST_BYTES:
            return lambda: _is_argon2(secret[:MOST_BYTES], self._nobodys)
        if stored is not None and is_ours(stored):
            return lambda: _is_argon2(secret, stored)
        if stored is not None and is_foreign(stored):
            return lambda: any(matches(form, stored) for form in _forms(password))
        if stored is not None:
            self.log.warning("a stored password hash cannot be read", characters=len(stored))
        return lambda: _is_argon2(secret, self._nobodys)

    async def _in_a_slot(
        self, work: Callable[[], _Result], still: Still | None = None, place: Place | None = None
    ) -> _Result:
        """Run the work off the event loop, in its turn; a bounded queue waits for turns."""
        if place is None:
            with self.place() as own:
                return await self._in_a_slot(work, still, own)
        await self._slots.acquire()
        try:
            if still is not None:
                await still()
            running = self._begin(work)
        except BaseException:
            self._slots.release()
            raise
        # Slot and place are free when the thread is, not when the request that wanted the hash went away.
        place.at_work = True
        running.add_done_callback(partial(self._free, place))
        return await asyncio.shield(running)

    def _begin(self, work: Callable[[], _Result]) -> "asyncio.Future[_Result]":
        """Hand the work to a thread."""
        try:
            return asyncio.get_running_loop().run_in_executor(self._pool, work)
        except RuntimeError:  # the pool was closed: the server is going down
            raise unavailable("the hasher has been closed") from None

    def _free(self, place: Place, done: "asyncio.Future[_Result]") -> None:
        """Give the slot to the next; look at the outcome, which nobody may be waiting for."""
        self._places.discard(place)
        self._slots.release()
        if not done.cancelled():
            done.exception()

    def _is_current(self, stored: str | None) -> bool:
        """Hashed with today's parameters."""
        return stored is not None and stored.startswith(self._prefix())

    def _prefix(self) -> str:
        """How strings of today's parameters begin."""
        return f"$argon2id$v=19$m={self.rules.memory_kib},t={self.rules.passes},p={self.rules.lanes}$"

    def _unmatchable(self) -> str:
        """A well-formed hash under today's parameters which is random, so that no password has it."""
        parts = (self.randomness(SALT_BYTES), self.randomness(HASH_BYTES))
        return self._prefix() + "$".join(b64encode(part).decode().rstrip("=") for part in parts)


def _give_way() -> None:
    """Hashing may wait for the processor, everybody else's request may not (SECURITY.md OP11).

    On Linux each thread has a priority of its own; elsewhere this would slow the whole process.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):  # forbidden by a sandbox: then it competes
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER)


def _bytes(password: str) -> bytes:
    """The bytes that are hashed: NFC, UTF-8; lone surrogates (never in a stored password) as they are."""
    if len(password) > MOST_BYTES:  # normalising a huge text takes time, and it matches nothing anyway
        return password.encode("utf-8", "surrogatepass")
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _forms(password: str) -> list[bytes]:
    """Imported hashes were made of the text as it was typed, which need not have been NFC."""
    typed = password.encode("utf-8", "surrogatepass")
    return [typed] if typed == _bytes(password) else [_bytes(password), typed]


def is_ours(stored: str) -> bool:
    """An argon2id string whose cost is within bounds."""
    found = OURS.fullmatch(stored) if len(stored) <= MOST_STORED else None
    if found is None:
        return False
    memory, passes, lanes = (int(found[group]) for group in (1, 2, 3))
    return 8 * lanes <= memory <= MOST_MEMORY_KIB and 0 < memory * passes <= MOST_WORK_KIB and lanes > 0


def _is_argon2(secret: bytes, stored: str) -> bool:
    """The comparison, in constant time, is the library's; a broken hash matches nothing."""
    try:
        return verify_secret(stored.encode("ascii"), secret, Type.ID)
    except (Argon2Error, MemoryError):
        return False
