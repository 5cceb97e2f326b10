"""Forgot and reset, hop by hop: who costs what, and in which order things happen (EN3, EN4, OL1)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auth_portal.accounts.account import Account
from auth_portal.core.refusal import LINK_INVALID, VALIDATION, Refusal
from auth_portal.limits.rules import LimitRules
from auth_portal.passwords.forgot import ForgotPassword
from auth_portal.passwords.policy import Policy
from auth_portal.passwords.reset import ResetPassword
from auth_portal.passwords.rules import PasswordRules
from auth_portal.sessions.notice import TellOwner
from auth_portal.tickets.ticket import Purpose, Ticket, TicketRules
from auth_portal.tickets.tickets import Tickets
from tests.pure.builders import START, HandClock, a_visitor, an_account, keyring, randomness

GOOD = "correct horse battery staple"


@dataclass
class House:
    """The ports and rooms around the two flows; `done` is everything that happened, in order."""

    account: Account | None = field(default_factory=an_account)
    done: list[str] = field(default_factory=list)
    letters: list[dict[str, str]] = field(default_factory=list)
    kept: dict[bytes, Ticket] = field(default_factory=dict)
    clock: HandClock = field(default_factory=HandClock)
    free: bool = True
    rules: PasswordRules = field(default_factory=PasswordRules)
    queued: Callable[[], None] = lambda: None  # while a request waits for its turn to hash

    # accounts
    async def find_by_email(self, email: str) -> Account | None:
        self.done.append("read")
        return self.account if self.account is not None and self.account.email == email else None

    async def find(self, account_id: str) -> Account | None:
        return self.account if self.account is not None and self.account.id == account_id else None

    async def reset_password(self, account_id: str, fresh: str, **seen: Any) -> int | None:
        self.done.append("account")
        account = self.account
        if account is None or (account.id, account.email, account.epoch) != (
            account_id,
            seen["email"],
            seen["epoch"],
        ):
            return None
        self.account = replace(
            account, password_hash=fresh, epoch=account.epoch + 1, password_reset_at=seen["now"]
        )
        return self.account.epoch

    # tickets
    async def add(self, ticket: Ticket) -> None:
        self.done.append("write")
        self.kept[ticket.digest] = ticket

    async def peek(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        found = self.kept.get(digest)
        return found if found and found.purpose in purposes and found.expires_at > now else None

    async def spend(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        self.done.append("spend")
        found = await self.peek(digest, purposes, now)
        return self.kept.pop(digest) if found else None

    async def void(self, holder: str, purposes: Sequence[Purpose]) -> int:
        gone = [key for key, each in self.kept.items() if each.holder == holder and each.purpose in purposes]
        for key in gone:
            del self.kept[key]
        return len(gone)

    # mail, limits, journal, hashing
    async def post(self, kind: str, recipient: str, *, facts: dict[str, str], **said: Any) -> None:
        del recipient, said
        self.done.append("write")
        self.letters.append({"kind": kind, **facts})

    def rehearse(self, kind: str, recipient: str, locale: str | None, facts: dict[str, str]) -> None:
        del kind, recipient, locale, facts

    async def count(self, name: str, key: str, rate: object) -> None:
        del name, key, rate

    async def letter_allowed(self, address: str) -> bool:
        del address
        return self.free

    async def record(self, *said: object, **facts: object) -> None:
        del said, facts
        self.done.append("write")

    async def hash(self, password: str, still: Callable[[], Awaitable[object]]) -> str:
        self.queued()
        await still()
        self.done.append("hash")
        return f"hash of {password}"

    # the flows
    def tickets(self) -> Tickets:
        return Tickets(self, keyring("a"), keyring("b"), TicketRules(), self.clock, randomness)  # type: ignore[arg-type]

    async def forget(self, email: str = "ada@example.com") -> None:
        poster: Any = _Poster(self)
        flow = ForgotPassword(
            self,
            self.tickets(),
            poster,
            self,
            LimitRules(),
            self.record,
            self.clock,
            self.rules,  # type: ignore[arg-type]
        )
        await flow(email, a_visitor())

    async def reset(self, token: str, password: str = GOOD) -> None:
        notice = TellOwner(self.post, self.clock)  # type: ignore[arg-type]
        policy, limits = Policy(self.rules), LimitRules()
        flow: Any = ResetPassword(
            self,
            self.tickets(),
            self,
            policy,
            NoDevices(),
            notice,
            self,
            limits,
            self.record,
            self.clock,  # type: ignore[arg-type]
        )
        await flow(token, password, a_visitor())


class NoDevices:
    """Nobody signed in here before."""

    async def forget(self, account_id: str) -> int:
        """See the port."""
        del account_id
        return 0


@dataclass
class _Poster:
    """Called like the post, with its rehearsal."""

    house: House

    async def __call__(self, *said: Any, **facts: Any) -> None:
        await self.house.post(*said, **facts)

    def rehearse(self, *said: Any) -> None:
        self.house.rehearse(*said)


def work_of(house: House, email: str = "ada@example.com") -> list[str]:
    asyncio.run(house.forget(email))
    return house.done


def test_everybody_costs_the_same_reads_and_writes() -> None:
    asked = work_of(House())
    assert asked == ["read", "write", "write", "write"]
    assert work_of(House(), "unknown@example.com") == asked
    assert work_of(House(account=an_account(disabled_at=START))) == asked
    assert work_of(House(account=an_account(password_hash=None))) == asked
    assert work_of(House(free=False)) == asked
    soon = PasswordRules(reset_interval=timedelta(days=3))
    assert work_of(House(account=an_account(password_reset_at=START), rules=soon)) == asked


def test_only_the_known_and_active_get_a_letter_with_a_link() -> None:
    house = House()
    asyncio.run(house.forget())
    assert [letter["kind"] for letter in house.letters] == ["reset_password"]
    assert house.letters[0]["hash"].startswith("aplk_")
    for silent in (House(account=None), House(account=an_account(disabled_at=START)), House(free=False)):
        asyncio.run(silent.forget())
        assert silent.letters == []


def test_within_the_interval_the_letter_says_from_when_and_carries_no_link() -> None:
    rules = PasswordRules(reset_interval=timedelta(days=3))
    house = House(account=an_account(password_reset_at=START), rules=rules)
    asyncio.run(house.forget())
    assert "hash" not in house.letters[0]
    assert house.letters[0]["not_before"] == (START + timedelta(days=3)).isoformat()
    house.clock.move(days=3)
    asyncio.run(house.forget())
    assert "hash" in house.letters[1]


def test_a_reset_hashes_then_spends_then_changes_the_account_then_tells() -> None:
    async def story() -> None:
        house = House()
        await house.forget()
        house.done.clear()
        await house.reset(house.letters[0]["hash"])
        assert house.done == ["hash", "spend", "account", "write", "write"]
        assert house.account is not None
        assert house.account.password_hash == f"hash of {GOOD}"
        assert house.letters[-1]["kind"] == "password_changed"

    asyncio.run(story())


@pytest.mark.parametrize("token", ["", "aplk_", "aplk_" + "A" * 48, "x" * 10_000, "é", "\ud800"])
def test_a_link_that_is_none_costs_no_hash(token: str) -> None:
    house = House()
    with pytest.raises(Refusal) as refusal:
        asyncio.run(house.reset(token))
    assert refusal.value.refused is LINK_INVALID
    assert "hash" not in house.done


def test_a_bad_password_does_not_spend_the_link() -> None:
    async def story() -> None:
        house = House()
        await house.forget()
        token = house.letters[0]["hash"]
        for bad in ("short", "password1234", "lovelace1815", "x" * 257):
            with pytest.raises(Refusal) as refusal:
                await house.reset(token, bad)
            assert refusal.value.refused is VALIDATION
            assert list(refusal.value.errors) == ["password"]
        await house.reset(token)

    asyncio.run(story())


def test_a_link_works_once_and_older_ones_die_with_it() -> None:
    async def story() -> None:
        house = House()
        await house.forget()
        await house.forget()
        older, newest = (letter["hash"] for letter in house.letters)
        await house.reset(newest)
        for dead in (newest, older):
            with pytest.raises(Refusal) as refusal:
                await house.reset(dead)
            assert refusal.value.refused is LINK_INVALID

    asyncio.run(story())


def test_of_parallel_resets_one_succeeds() -> None:
    async def story() -> None:
        house = House()
        await house.forget()
        token = house.letters[0]["hash"]
        ends = await asyncio.gather(
            *(house.reset(token, f"{GOOD} {n}") for n in range(20)), return_exceptions=True
        )
        assert sum(end is None for end in ends) == 1
        assert house.done.count("account") == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    "now",
    [
        an_account(epoch=1),
        an_account(email="other@example.com"),
        an_account(disabled_at=START),
        an_account(email=None, deleted_at=START),
        None,
    ],
)
def test_a_link_dies_when_the_account_is_no_longer_what_it_was(now: Account | None) -> None:
    async def story() -> None:
        house = House()
        await house.forget()
        house.account = now
        with pytest.raises(Refusal) as refusal:
            await house.reset(house.letters[0]["hash"])
        assert refusal.value.refused is LINK_INVALID
        assert "hash" not in house.done

    asyncio.run(story())


def test_a_link_expires_after_half_an_hour() -> None:
    async def story() -> None:
        house = House()
        await house.forget()
        house.clock.move(minutes=30, seconds=1)
        with pytest.raises(Refusal):
            await house.reset(house.letters[0]["hash"])

    asyncio.run(story())


def test_a_link_that_somebody_else_spends_while_one_waits_costs_no_hash() -> None:
    async def story() -> None:
        house = House()
        await house.forget()
        house.queued = house.kept.clear
        with pytest.raises(Refusal) as refusal:
            await house.reset(house.letters[0]["hash"])
        assert refusal.value.refused is LINK_INVALID
        assert "hash" not in house.done

    asyncio.run(story())
