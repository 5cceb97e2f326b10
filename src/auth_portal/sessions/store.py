"""The ports to sessions, known devices and signing keys. Each method commits itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from auth_portal.accounts.account import Account
from auth_portal.sessions.session import Session, SessionRules


class Found(Struct, frozen=True):
    """A session with its account, as one query read them."""

    session: Session
    account: Account


class Page(Struct, frozen=True):
    """What one page of a walk removed, and from when on the next one looks; None behind the last."""

    removed: int
    then: datetime | None


def page(made: Sequence[datetime], removed: int, at_most: int) -> Page:
    """The page whose sessions were `made` then, in this order, `removed` of which are gone.

    The next one begins with this one's last instant, at which more may have been made; behind it
    where that would only show the same once more.
    """
    if len(made) < at_most:
        return Page(removed, None)
    same = made[0] == made[-1] and removed == 0
    return Page(removed, made[-1] + timedelta(milliseconds=1) if same else made[-1])


class Sessions(Protocol):
    """Sessions; ended ones stay until the sweep."""

    async def open(self, session: Session, keep: int | None = None) -> None:
        """Keep a new session; committed when this returns.

        With `keep` this ends the oldest living sessions of its account and epoch over that many, and
        forgets ended ones over as many again: the rows of one account stay bounded by about twice
        `keep`, however many sign in at once.
        """

    async def find(self, session_id: str) -> Found | None:
        """Session and account, read together in one statement and one snapshot."""

    async def rotate(
        self,
        session_id: str,
        generation: int,
        *,
        now: datetime,
        rules: SessionRules,
        ip: str,
        user_agent: str,
    ) -> str | None:
        """Advance where `judge()` would say ROTATE, in one statement; whose session it is.

        Writes what `advance` writes, with `next_burst()`. None says nothing but that it is not done:
        then find and judge. A store that cannot ask for session and account at once always answers so.
        """

    async def advance(
        self,
        session: Session,
        *,
        burst_from: int,
        burst_at: datetime,
        now: datetime,
        ip: str,
        user_agent: str,
    ) -> bool:
        """Rotate: generation + 1, only where it still is `session.generation` and has not ended.

        Of any number of parallel calls with one generation exactly one returns True. Writes the
        burst, `rotated_at`, address and user agent in the same change.
        """

    async def end(self, session_id: str, reason: str, now: datetime) -> bool:
        """End it; False when it had ended before (its first reason stays) or is unknown."""

    async def end_own(self, account_id: str, session_id: str, reason: str, now: datetime) -> bool:
        """End it, only if it is the account's."""

    async def end_others(self, account_id: str, keep: str, reason: str, now: datetime) -> int:
        """End every living session of the account but `keep` ("" keeps none); returns how many."""

    async def living(self, account_id: str, epoch: int) -> list[Session]:
        """Sessions of that epoch that have not ended, newest first; lifetimes are judged above."""

    async def rename(self, account_id: str, session_id: str, name: str) -> bool:
        """Give the account's living session a name."""

    async def restamp(self, session_id: str, seen: int, epoch: int) -> bool:
        """Carry a living session over into a new epoch, only where it still stands in `seen`."""

    async def sweep(self, before: datetime, at_most: int) -> int:
        """Delete up to `at_most` sessions that ended before that instant."""

    async def sweep_unused(self, before: datetime, since: datetime | None, at_most: int) -> Page:
        """One page of a walk along the sessions made before that instant, the oldest first.

        Looks at no more than `at_most`, made at `since` or later, and deletes those of them that were
        last used before the instant: one that is used meanwhile stays. However many living sessions
        are that old, a page costs the same, and no change waits while it is read.
        """

    async def forget(self, account_id: str) -> int:
        """Delete every session of a deleted account."""


class Devices(Protocol):
    """Which devices and networks signed an account in; `marks` are keyed hashes, 32 bytes each."""

    async def knows(self, account_id: str, marks: Sequence[bytes], since: datetime) -> bool:
        """One of these marks signed this account in at or after `since`."""

    async def remember(self, account_id: str, marks: Sequence[bytes], now: datetime) -> None:
        """They did just now; keeps at most the 50 newest marks of an account."""

    async def forget(self, account_id: str) -> int:
        """Forget every mark of the account."""

    async def sweep(self, before: datetime, at_most: int) -> int:
        """Delete up to `at_most` marks not seen since `before`."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A signing key as it is kept: the private half sealed under the root secret."""

    kid: str
    algorithm: str
    public: str  # the public JWK, JSON
    sealed: bytes  # the private JWK, JSON, sealed about the kid
    created_at: datetime
    signs_from: datetime
    retired_at: datetime | None = None


class SigningKeys(Protocol):
    """The keys with which access tokens are signed, and the check value of the root secret."""

    async def all(self) -> list[StoredKey]:
        """Every key, oldest first."""

    async def add(self, key: StoredKey, *, only_first: bool = False) -> bool:
        """Keep a new key; with `only_first` only while no living key of its algorithm exists.

        Of any number of instances that start at once with `only_first` exactly one adds.
        """

    async def retire(self, kid: str, now: datetime) -> bool:
        """From now on nothing that it signed is accepted."""

    async def sweep(self, before: datetime) -> int:
        """Delete keys retired before that instant."""

    async def pin_root(self, check: bytes, previous: Sequence[bytes]) -> bytes:
        """Remember the root secret's check value and return the one that then stands.

        Stores `check` where none is, or where one of `previous` stands; leaves any other alone.
        """

    async def pinned_root(self) -> bytes | None:
        """The check value that stands; nothing is changed."""
