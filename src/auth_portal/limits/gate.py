"""The gate: every limit of SECURITY.md, asked in the words of those who must keep it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from msgspec import Struct

from auth_portal.core.refusal import TOO_MANY_REQUESTS, Refusal
from auth_portal.core.secrets import Keyring, encode
from auth_portal.limits.rules import LimitRules, Rate
from auth_portal.limits.store import Reservation, State, Windows

SHORTEST_SLEEP = 0.01
LONGEST_SLEEP = 0.08
LEAST_RETRY_AFTER = timedelta(seconds=1)


class Place(Struct, frozen=True):
    """One held place: in which window, under which mark."""

    key: str
    mark: str


class Hold(Struct, frozen=True):
    """The places that one sign-in holds until its password is judged; tell the end exactly once."""

    windows: Windows
    places: tuple[Place, ...]

    async def failed(self) -> None:
        """The password was wrong: the places stay taken until their windows have passed."""
        for place in self.places:
            await self.windows.fail(place.key, place.mark)

    async def succeeded(self) -> None:
        """The password was right: successful sign-ins are not limited."""
        for place in self.places:
            await self.windows.give_back(place.key, place.mark)

    async def withdrawn(self) -> None:
        """It was not judged at all (no hashing slot, no database): nobody guessed anything."""
        await self.succeeded()


@dataclass(frozen=True)
class Gate:
    """Counts and refuses. `counted` is told the name of each limit that refused somebody.

    Addresses enter the windows as keyed hashes: a shared store must not be a list of accounts.
    """

    windows: Windows
    rules: LimitRules
    counted: Callable[[str], None]
    hashing: Keyring

    async def count(self, name: str, key: str, rate: Rate) -> None:
        """Count one try under `name` and `key`. Raises TOO_MANY_REQUESTS with `retry_after`."""
        if not self.rules.enabled:
            return
        wait = await self.windows.hit(f"{name}:{key}", rate.places, rate.window)
        if wait is not None:
            raise self._too_many(name, wait)

    async def letter_allowed(self, address: str) -> bool:
        """Count one letter to the address; False beyond `letters_address` (BF12: never told)."""
        if not self.rules.enabled:
            return True
        rate = self.rules.letters_address
        wait = await self.windows.hit(f"letter:{self._hidden(address)}", rate.places, rate.window)
        if wait is not None:
            self.counted("letter")
        return wait is None

    async def stranger_is_free(self, address: str) -> bool:
        """Count a try at an address without account, as `failures` count on the row of one that has.

        Else the hundredth failure in a row would tell who has an account (ASVS 5.0 6.3.8).
        """
        if not self.rules.enabled:
            return True
        key = f"stranger:{self._hidden(address)}"
        return await self.windows.hit(key, self.rules.failures_in_a_row, timedelta(days=1)) is None

    async def hold_sign_in(self, address: str, network: str) -> Hold:
        """Hold this try's places before any hash is computed (BF1, BF3, BF4, BF10).

        Waits up to `longest_wait` while every place is held by undecided tries. Raises
        TOO_MANY_REQUESTS when the places are taken by failures, or the wait was in vain.
        """
        if not self.rules.enabled:
            return Hold(self.windows, ())
        await self.count("tries", network, self.rules.tries_network)
        wanted = (
            (f"sign_in_account:{self._hidden(address)}:{network}", self.rules.sign_in_account_network),
            (f"sign_in_network:{network}", self.rules.sign_in_network),
        )
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self.rules.longest_wait.total_seconds()
        pause = SHORTEST_SLEEP
        while True:
            hold = await self._reserve(wanted)
            if hold is not None:
                return hold
            if loop.time() + pause > give_up_at:
                raise self._too_many("sign_in_wait", LEAST_RETRY_AFTER)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_SLEEP)

    async def _reserve(self, wanted: tuple[tuple[str, Rate], ...]) -> Hold | None:
        """All places or none of them: what was taken before the one that is missing is given back."""
        hold = Hold(self.windows, ())
        for key, rate in wanted:
            answer: Reservation = await self.windows.reserve(key, rate.places, rate.window)
            if answer.state is not State.RESERVED:
                await hold.withdrawn()
                if answer.state is State.FULL:
                    raise self._too_many(key.partition(":")[0], answer.retry_after)
                return None
            hold = Hold(self.windows, (*hold.places, Place(key, answer.mark)))
        return hold

    def _too_many(self, name: str, wait: timedelta) -> Refusal:
        """The refusal, counted."""
        self.counted(name)
        return Refusal(TOO_MANY_REQUESTS, retry_after=max(wait, LEAST_RETRY_AFTER), cause=f"limit {name}")

    def _hidden(self, address: str) -> str:
        """The address as windows know it."""
        return encode(self.hashing.current.tag(address.encode())[:16])
