"""Claims, ends and the memory of signatures: right signatures are not enough (TK7, TK8)."""

import asyncio
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey

from auth_portal.sessions import access_token
from auth_portal.sessions.claims import Claims, Verdicts
from tests.pure.access_world import ISSUER, NOW, World


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": None},
        {"exp": str(NOW + 900)},
        {"exp": True},
        {"exp": NOW + 900.5},
        {"exp": [NOW + 900]},
        {"exp": 10**30},
        {"exp": 10**15},
        {"exp": -1},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"iat": NOW + 31},
        {"iat": None},
        {"iat": str(NOW)},
        {"iat": True},
        {"nbf": NOW + 31},
        {"nbf": "0"},
        {"nbf": None},
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": [ISSUER]},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": ISSUER[:-1]},
        {"aud": ISSUER + ".evil.example"},
        {"aud": None},
        {"sub": None},
        {"sub": 1},
        {"sub": {"$gt": ""}},
        {"sid": None},
        {"sid": ["a-session"]},
        {"jti": None},
    ],
)
def test_a_claim_that_is_wrong_is_refused_though_the_signature_is_right(
    world: World, changed: dict[str, object]
) -> None:
    world.refused(world.forge(**changed))


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub", "sid", "jti"])
def test_a_claim_that_is_missing_is_refused(world: World, claim: str) -> None:
    claims = world.claims()
    del claims[claim]
    world.refused(world.forge(claims=json.dumps(claims).encode()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"[" * 4000,
        b'{"exp":1e400}',
        b"\xff\xfe",
        b'{"sub":"\xff"}',
    ],
)
def test_a_body_that_is_no_set_of_claims_is_refused_though_the_signature_is_right(
    world: World, body: bytes
) -> None:
    world.refused(world.forge(claims=body or b" "))


def test_the_end_is_compared_at_each_use_and_only_signing_out_may_come_later() -> None:
    world = World()
    token = world.write()
    assert world.read(token).session_id == "a-session"
    world.clock.move(minutes=15)
    world.refused(token)
    assert world.read(token, expired_too=True).session_id == "a-session"
    world.refused(token[:-2] + "AA", expired_too=True)


def test_small_differences_of_clocks_are_forgiven(world: World) -> None:
    assert world.read(world.forge(iat=NOW + 10, nbf=NOW + 10)).session_id == "a-session"


def test_the_signature_is_checked_once_for_each_set_of_keys_and_never_behind_our_own_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, checked = World(), []
    real = jws.deserialize_compact

    def counted(*args: Any, **named: Any) -> jws.CompactSignature:
        checked.append(args)
        return real(*args, **named)

    monkeypatch.setattr(access_token.jws, "deserialize_compact", counted)
    token = world.write()
    for _ in range(5):
        world.read(token)
    assert len(checked) == 0
    for times in (1, 2):
        asyncio.run(world.keys.rotate())
        for _ in range(5):
            world.read(token)
        assert len(checked) == times


def test_what_a_retired_key_signed_is_refused_though_it_was_remembered() -> None:
    world = World()
    token = world.write()
    world.read(token)
    asyncio.run(world.keys.retire(world.keys.signing().kid))
    world.refused(token)
    assert world.read(world.write()).session_id == "a-session"


def some_claims(name: str) -> Claims:
    return Claims(ISSUER, ISSUER, "an-account", name, "an-id", 0, 0)


def test_the_memory_of_signatures_is_bounded_and_what_is_in_use_stays() -> None:
    verdicts = Verdicts(most=10)
    verdicts.keep(b"in use", some_claims("in use"), 1)
    for number in range(100):
        verdicts.keep(b"%d" % number, some_claims(str(number)), 1)
        assert verdicts.find(b"in use", 1) == some_claims("in use")
    left = [number for number in range(100) if verdicts.find(b"%d" % number, 1) is not None]
    assert len(left) < 20
    assert left[-1] == 99


def test_under_other_keys_nothing_is_remembered() -> None:
    verdicts = Verdicts(most=2)
    for name in (b"a", b"b", b"c"):  # some lately, some before
        verdicts.keep(name, some_claims("s"), 1)
    assert [verdicts.find(name, 2) for name in (b"a", b"b", b"c")] == [None] * 3
    verdicts.keep(b"a", some_claims("s"), 1)
    verdicts.keep(b"b", some_claims("s"), 2)
    assert verdicts.find(b"a", 2) is None


def test_forged_tokens_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World("HS256")
    forged = [world.forge(key=OctKey.import_key(b"x" * 32)) for _ in range(20)]
    kept = []
    monkeypatch.setattr(Verdicts, "keep", lambda *said: kept.append(said))
    for token in forged:
        world.refused(token)
    assert kept == []
    world.read(world.write())
    assert len(kept) == 2, "written, and read"
