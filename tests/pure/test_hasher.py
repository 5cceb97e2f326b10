"""The hasher: whole passwords, equal work for every kind of account, a bounded queue (EN2, OP11)."""

import asyncio
import threading
from dataclasses import replace

import bcrypt
import pytest
from argon2 import low_level

from auth_portal.core.refusal import Refusal
from auth_portal.passwords import hashing
from auth_portal.passwords.hashing import Hasher, Match
from auth_portal.passwords.rules import PasswordRules
from tests.pure.builders import Heard

CHEAP = PasswordRules(memory_kib=64, passes=1, slots=2, queue=3)
RIGHT = Match(ok=True, outdated=False)
WRONG = Match(ok=False, outdated=False)


def a_hasher(rules: PasswordRules = CHEAP) -> Hasher:
    return Hasher(rules, Heard())


def verified(password: str, stored: str | None) -> Match:
    return asyncio.run(a_hasher().verify(password, stored))


def hashed(password: str) -> str:
    return asyncio.run(a_hasher().hash(password))


def test_a_hash_names_its_parameters_and_has_a_salt_of_its_own() -> None:
    one, other = hashed("a password"), hashed("a password")
    assert one.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert one != other


def test_the_default_is_what_owasp_proposes() -> None:
    hasher = a_hasher(PasswordRules())
    stored = asyncio.run(hasher.hash("a password"))
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert asyncio.run(hasher.verify("a password", stored)) == RIGHT


@pytest.mark.parametrize("password", ["A" * 72 + "x", "x" * 256, "🦊" * 256, " spaced ", "a\tb", ""])
def test_the_whole_password_counts(password: str) -> None:
    stored = hashed(password)
    assert verified(password, stored) == RIGHT
    assert verified(password + "y", stored) == WRONG
    assert verified(password[:-1] + "z", stored) == WRONG


def test_case_and_outer_spaces_count() -> None:
    stored = hashed(" Case Matters ")
    assert verified(" case matters ", stored) == WRONG
    assert verified("Case Matters", stored) == WRONG


def test_two_spellings_of_one_text_are_one_password() -> None:
    stored = hashed("cafe\u0301 cafe\u0301")
    assert verified("caf\u00e9 caf\u00e9", stored) == RIGHT
    assert verified("caf\u00e9 caf\u00e9", hashed("caf\u00e9 caf\u00e9")) == RIGHT


def test_other_parameters_are_verified_and_called_outdated_only_when_right() -> None:
    stored = asyncio.run(a_hasher(replace(CHEAP, passes=2)).hash("a password"))
    assert verified("a password", stored) == Match(ok=True, outdated=True)
    assert verified("another", stored) == WRONG


def test_an_imported_bcrypt_hash_is_verified_and_called_outdated() -> None:
    stored = bcrypt.hashpw(b"a password", bcrypt.gensalt(4)).decode()
    for prefix in ("$2b$", "$2a$", "$2y$"):
        assert verified("a password", prefix + stored[4:]) == Match(ok=True, outdated=True)
    assert verified("another", stored) == WRONG


def test_a_long_password_does_not_raise_at_an_imported_bcrypt_hash() -> None:
    stored = bcrypt.hashpw(b"A" * 72, bcrypt.gensalt(4)).decode()
    assert verified("A" * 100, stored).ok
    assert verified("B" * 100, stored) == WRONG


def test_an_imported_hash_of_a_text_that_was_not_composed_is_found() -> None:
    stored = bcrypt.hashpw("cafe\u0301".encode(), bcrypt.gensalt(4)).decode()
    assert verified("cafe\u0301", stored).ok


MALFORMED = [
    "",
    "plain text",
    "$argon2id$",
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdA$",
    "$argon2id$v=19$m=9999999,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
    "$argon2id$v=19$m=200000,t=999,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
    "$argon2id$v=19$m=64,t=0,p=0$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
    "$2b$04$short",
    "$2b$31$" + "a" * 53,
    "$5$rounds=5000$salt$hash",
    "é" * 50,
    "\ud800",
    "x" * 100_000,
]


@pytest.mark.parametrize("stored", [None, *MALFORMED])
def test_no_hash_or_a_broken_one_matches_nothing_at_the_price_of_a_real_one(
    stored: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = []
    real = low_level.verify_secret

    def counted(encoded: bytes, secret: bytes, kind: low_level.Type) -> bool:
        parameters.append(encoded.split(b"$")[1:4])
        return real(encoded, secret, kind)

    monkeypatch.setattr(hashing, "verify_secret", counted)
    hasher = a_hasher()
    real_hash = asyncio.run(hasher.hash("a password"))
    asyncio.run(hasher.verify("another", real_hash))
    assert asyncio.run(hasher.verify("a password", stored)) == WRONG
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]
    assert hasher.calls.verified == 2


def test_a_broken_hash_is_told_to_the_operator_without_showing_it() -> None:
    heard = Heard()
    asyncio.run(Hasher(CHEAP, heard).verify("a password", "plain text"))
    assert [level for level, _ in heard.lines] == ["warning"]


def test_a_huge_password_matches_nothing_and_is_not_hashed_whole() -> None:
    stored = hashed("a password")
    assert verified("x" * 1_000_000, stored) == WRONG
    assert verified("\ud800", stored) == WRONG


class Stuck:
    """Stands in the pool's way until it is let go, and counts what was begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go, self.begun = threading.Event(), []
        monkeypatch.setattr(hashing, "verify_secret", self)

    def __call__(self, encoded: bytes, secret: bytes, kind: low_level.Type) -> bool:
        del encoded, kind
        self.begun.append(secret)
        self.go.wait(30)
        return False


async def until(hasher: Hasher, waiting: int) -> None:
    while hasher.waiting != waiting:  # noqa: ASYNC110 -- the hasher has no reason to tell of it
        await asyncio.sleep(0)


def test_a_full_queue_answers_503_and_evaluates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Stuck(monkeypatch)

    async def story() -> None:
        hasher = a_hasher()
        waiting = [asyncio.create_task(hasher.verify("a password", None)) for _ in range(5)]
        await until(hasher, CHEAP.queue)
        for _ in range(20):
            with pytest.raises(Refusal) as refusal:
                await hasher.verify("a password", None)
            assert refusal.value.refused.code == "unavailable"
            assert refusal.value.retry_after is not None
        assert hasher.calls.refused == 20
        stuck.go.set()
        assert await asyncio.gather(*waiting) == [WRONG] * 5
        assert len(stuck.begun) == 5
        assert (await hasher.verify("a password", None)) == WRONG

    asyncio.run(story())


def test_a_request_that_goes_away_while_it_waits_is_never_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Stuck(monkeypatch)

    async def story() -> None:
        hasher = a_hasher()
        at_work = [asyncio.create_task(hasher.verify("stays", None)) for _ in range(2)]
        leaves = asyncio.create_task(hasher.verify("leaves", None))
        await until(hasher, 1)
        leaves.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaves
        assert hasher.waiting == 0
        stuck.go.set()
        await asyncio.gather(*at_work)
        await hasher.verify("later", None)
        assert stuck.begun == [b"stays", b"stays", b"later"]

    asyncio.run(story())


def test_a_slot_is_free_only_when_its_thread_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Stuck(monkeypatch)

    async def story() -> None:
        hasher = a_hasher()
        leave = [asyncio.create_task(hasher.verify("leaves", None)) for _ in range(2)]
        while len(stuck.begun) < 2:  # noqa: ASYNC110 -- another thread counts
            await asyncio.sleep(0.001)
        for task in leave:
            task.cancel()
        await asyncio.gather(*leave, return_exceptions=True)
        late = asyncio.create_task(hasher.verify("late", None))
        await until(hasher, 1)
        assert len(stuck.begun) == 2
        stuck.go.set()
        assert await late == WRONG

    asyncio.run(story())


def test_no_more_than_the_slots_are_at_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = 0, 0, threading.Lock()
    real = low_level.verify_secret

    def counted(encoded: bytes, secret: bytes, kind: low_level.Type) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        try:
            return real(encoded, secret, kind)
        finally:
            with lock:
                at_once -= 1

    monkeypatch.setattr(hashing, "verify_secret", counted)

    async def story() -> None:
        hasher = a_hasher(replace(CHEAP, queue=100))
        await asyncio.gather(*(hasher.verify("a password", None) for _ in range(60)))

    asyncio.run(story())
    assert 1 <= most <= CHEAP.slots


def test_a_closed_hasher_answers_503() -> None:
    async def story() -> None:
        hasher = a_hasher()
        hasher.close()
        for _ in range(CHEAP.slots + 1):
            with pytest.raises(Refusal):
                await hasher.hash("a password")

    asyncio.run(story())


def test_what_is_no_longer_wanted_when_its_turn_comes_is_not_hashed() -> None:
    class NotWantedError(Exception):
        pass

    async def unwanted() -> None:
        raise NotWantedError

    async def wanted() -> None:
        return None

    async def story() -> None:
        hasher = a_hasher(replace(CHEAP, slots=1))
        with pytest.raises(NotWantedError):
            await hasher.hash("granite meadow 1", still=unwanted)
        assert hasher.calls.hashed == 0
        assert await hasher.hash("granite meadow 1", still=wanted), "the slot is free"
        assert hasher.calls.hashed == 1

    asyncio.run(story())
