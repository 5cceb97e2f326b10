"""Builders for the pure tests: people, sessions, a clock that is moved by hand, a row that is kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from auth_portal.accounts.account import Account
from auth_portal.core.secrets import Keyring, RootSecret, system_randomness
from auth_portal.core.visitor import Visitor, network_of
from auth_portal.sessions.session import Session, SessionRules, Verdict, judge, next_burst
from auth_portal.sessions.store import Found, StoredKey

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROOT = RootSecret(b"r" * 32)
SESSION_ID = "0195a1b2-0000-7000-8000-000000000001"


@dataclass
class HandClock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Heard:
    """A log that keeps what it was told."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def info(self, event: str, **facts: object) -> None:
        del facts
        self.lines.append(("info", event))

    def warning(self, event: str, **facts: object) -> None:
        del facts
        self.lines.append(("warning", event))

    def error(self, event: str, **facts: object) -> None:
        del facts
        self.lines.append(("error", event))


def keyring(purpose: str = "test") -> Keyring:
    return ROOT.keyring(purpose)


def an_account(account_id: str = "an-account", **said: Any) -> Account:
    plain = Account(account_id, "ada@example.com", "Ada", "Lovelace", START, START)
    return structs.replace(plain, **said)


def a_session(**said: Any) -> Session:
    plain = Session(
        id=SESSION_ID,
        account_id="an-account",
        epoch=0,
        generation=0,
        burst_from=0,
        burst_at=START,
        rotated_at=START,
        created_at=START,
        name="Firefox on Linux",
        method="password",
        ip="192.0.2.1",
        network="192.0.2.1",
        user_agent="Firefox",
    )
    return structs.replace(plain, **said)


def a_visitor(ip: str = "192.0.2.1", user_agent: str = "Firefox") -> Visitor:
    return Visitor(ip=ip, network=network_of(ip), user_agent=user_agent)


@dataclass
class OneRow:
    """The part of the Sessions port that one row needs: each method yields, then acts at once.

    It keeps the port's promise (guards in the act itself), so that the flow's own order is tested.
    """

    session: Session
    account: Account
    advanced: int = 0
    queries: int = 0

    async def find(self, session_id: str) -> Found | None:
        await asyncio.sleep(0)
        self.queries += 1
        return Found(self.session, self.account) if session_id == self.session.id else None

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
        await asyncio.sleep(0)
        session = self.session
        if (
            session_id != session.id
            or judge(session, self.account, generation, now, rules) is not Verdict.ROTATE
        ):
            return None
        burst_from, burst_at = next_burst(session, now, rules)
        said = {
            "burst_from": burst_from,
            "burst_at": burst_at,
            "now": now,
            "ip": ip,
            "user_agent": user_agent,
        }
        return self.account.id if await self.advance(session, **said) else None

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
        await asyncio.sleep(0)
        self.queries += 1
        if self.session.generation != session.generation or self.session.ended_at is not None:
            return False
        self.advanced += 1
        self.session = structs.replace(
            self.session,
            generation=session.generation + 1,
            burst_from=burst_from,
            burst_at=burst_at,
            rotated_at=now,
            ip=ip,
            user_agent=user_agent,
        )
        return True

    async def end(self, session_id: str, reason: str, now: datetime) -> bool:
        await asyncio.sleep(0)
        self.queries += 1
        if session_id != self.session.id or self.session.ended_at is not None:
            return False
        self.session = structs.replace(self.session, ended_at=now, end_reason=reason)
        return True


@dataclass
class KeyShelf:
    """The SigningKeys port on a list, which counts how often it is read."""

    keys: list[StoredKey] = field(default_factory=list)
    reads: int = 0
    away: Exception | None = None

    async def all(self) -> list[StoredKey]:
        self.reads += 1
        if self.away is not None:
            raise self.away
        await asyncio.sleep(0)
        return list(self.keys)

    async def add(self, key: StoredKey, *, only_first: bool = False) -> bool:
        living = [each for each in self.keys if each.algorithm == key.algorithm and each.retired_at is None]
        if only_first and living:
            return False
        self.keys.append(key)
        return True

    async def retire(self, kid: str, now: datetime) -> bool:
        for place, key in enumerate(self.keys):
            if key.kid == kid and key.retired_at is None:
                self.keys[place] = replace(key, retired_at=now)
                return True
        return False

    async def sweep(self, before: datetime) -> int:
        raise NotImplementedError(before)

    async def pin_root(self, check: bytes, previous: Sequence[bytes]) -> bytes:
        raise NotImplementedError(check, previous)


randomness = system_randomness
