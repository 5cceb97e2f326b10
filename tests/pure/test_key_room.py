"""The signing keys: the first one, announcing, learning, retiring, and what strangers can make us do."""

import asyncio
import json
from dataclasses import replace

import pytest

from auth_portal.core.refusal import Refusal, unavailable
from auth_portal.core.secrets import Keyring, RootSecret
from auth_portal.sessions.access_token import AccessTokens
from auth_portal.sessions.keys import KeyRoom, KeyRules
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.signing_key import new_kid
from auth_portal.sessions.store import StoredKey
from tests.pure.builders import HandClock, Heard, KeyShelf, keyring, randomness

HERE = "https://a.example"


class World:
    """Instances of a deployment that share a shelf of keys and a clock."""

    def __init__(self) -> None:
        self.clock, self.shelf, self.log = HandClock(), KeyShelf(), Heard()

    def room(self, algorithm: str = "ES256", sealing: Keyring | None = None) -> KeyRoom:
        rules = KeyRules(algorithm, b"s" * 32)
        return KeyRoom(self.shelf, sealing or keyring("seal"), self.clock, randomness, self.log, rules)

    def tokens(self, room: KeyRoom) -> AccessTokens:
        return AccessTokens(room, HERE, HERE, self.clock, SessionRules())


def test_the_first_key_signs_at_once_and_parallel_starts_agree_on_it() -> None:
    async def story() -> None:
        world = World()
        rooms = [world.room() for _ in range(5)]
        await asyncio.gather(*(room.load() for room in rooms))
        assert len(world.shelf.keys) == 1
        assert {room.signing().kid for room in rooms} == {world.shelf.keys[0].kid}

    asyncio.run(story())


@pytest.mark.parametrize(("algorithm", "kind"), [("ES256", "EC"), ("Ed25519", "OKP"), ("RS256", "RSA")])
def test_the_key_set_holds_public_halves_only(algorithm: str, kind: str) -> None:
    room = World().room(algorithm)
    asyncio.run(room.load())
    (key,) = room.jwks()["keys"]
    assert (key["kty"], key["alg"], key["use"], key["kid"]) == (kind, algorithm, "sig", room.signing().kid)
    assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "k"}


def test_the_private_half_is_not_readable_on_the_shelf() -> None:
    world = World()
    room = world.room()
    asyncio.run(room.load())
    private = room.signing().private
    assert private is not None
    secret = private.as_dict(private=True)["d"]
    assert secret.encode() not in world.shelf.keys[0].sealed
    assert secret not in world.shelf.keys[0].public
    assert secret not in repr(room)


def test_hs256_shows_no_keys_and_reads_no_shelf() -> None:
    world = World()
    room = world.room("HS256")
    asyncio.run(room.load())
    assert room.jwks() == {"keys": []}
    assert world.shelf.reads == 0
    with pytest.raises(ValueError, match="AUTH_JWT_SECRET"):
        asyncio.run(room.rotate())
    with pytest.raises(ValueError, match="AUTH_JWT_SECRET"):
        KeyRoom(world.shelf, keyring(), world.clock, randomness, world.log, KeyRules("HS256"))


def test_a_new_key_is_announced_before_it_signs_and_the_old_one_is_accepted_after() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        old = room.signing().kid
        token, _ = await world.tokens(room).write("a", "s", world.clock())
        new = await room.rotate()
        assert {key["kid"] for key in room.jwks()["keys"]} == {old, new}
        assert room.signing().kid == old
        world.clock.move(minutes=9, seconds=59)
        assert room.signing().kid == old
        world.clock.move(seconds=1)
        assert room.signing().kid == new
        assert (await world.tokens(room).read(token)).session_id == "s"

    asyncio.run(story())


def test_another_instance_learns_of_a_key_from_the_token_that_it_signed() -> None:
    async def story() -> None:
        world = World()
        here, there = world.room(), world.room()
        await here.load()
        await there.load()
        world.clock.move(seconds=6)
        await here.retire(here.signing().kid)  # the replacement signs at once
        token, _ = await world.tokens(here).write("a", "s", world.clock())
        assert (await world.tokens(there).read(token)).session_id == "s"

    asyncio.run(story())


def test_a_retired_key_is_refused_everywhere_within_half_a_minute() -> None:
    async def story() -> None:
        world = World()
        here, there = world.room(), world.room()
        await here.load()
        await there.load()
        token, _ = await world.tokens(here).write("a", "s", world.clock())
        assert await here.retire(here.signing().kid)
        assert not await here.retire("unknown")
        with pytest.raises(Refusal):
            await world.tokens(here).read(token)
        world.clock.move(seconds=30)
        with pytest.raises(Refusal):
            await world.tokens(there).read(token)
        assert len(here.jwks()["keys"]) == 1

    asyncio.run(story())


def test_retiring_one_of_two_makes_no_third() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        first = room.signing().kid
        second = await room.rotate()
        await room.retire(first)
        assert [key.kid for key in world.shelf.keys] == [first, second]
        assert room.signing().kid == second

    asyncio.run(story())


class FarShelf(KeyShelf):
    """Whose answer is a moment old when it arrives."""

    async def all(self) -> list[StoredKey]:
        read = await super().all()
        await asyncio.sleep(0)
        return read


def test_two_that_retire_the_only_two_keys_at_once_leave_one_that_signs() -> None:
    async def story() -> None:
        world = World()
        world.shelf = FarShelf()
        one, other, serving = world.room(), world.room(), world.room()
        await one.load()
        first, second = one.signing().kid, await one.rotate()
        await other.load()
        assert await asyncio.gather(one.retire(first), other.retire(second)) == [True, True]
        await serving.refresh()
        assert serving.signing().kid not in {first, second}
        assert sum(key.retired_at is None for key in world.shelf.keys) == 1

    asyncio.run(story())


def test_invented_names_cost_no_reading_and_replayed_ones_hardly_any() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        before = world.shelf.reads
        for kid in ("", "x", "../../dev/null", "A" * 22, "A" * 1_000_000, "é" * 22, "\ud800" * 22):
            await room.learn(kid)
        assert world.shelf.reads == before
        genuine = [new_kid(keyring("seal"), randomness) for _ in range(100)]
        await asyncio.gather(*(room.learn(kid) for kid in genuine))
        assert world.shelf.reads == before + 1
        world.clock.move(seconds=5)
        await asyncio.gather(*(room.learn(kid) for kid in genuine))
        assert world.shelf.reads == before + 2

    asyncio.run(story())


def test_many_requests_read_once_when_the_keys_are_due() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        before = world.shelf.reads
        world.clock.move(seconds=30)
        await asyncio.gather(*(room.fresh() for _ in range(50)))
        assert world.shelf.reads == before + 1

    asyncio.run(story())


def test_a_storage_that_is_away_leaves_the_keys_as_they_were_and_is_not_hammered() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        kid, before = room.signing().kid, world.shelf.reads
        world.shelf.away = unavailable("away")
        world.clock.move(minutes=5)
        for _ in range(50):
            await room.fresh()
        assert world.shelf.reads == before + 1
        assert room.signing().kid == kid
        assert [level for level, _ in world.log.lines] == ["warning"]
        world.shelf.away = None
        world.clock.move(seconds=5)
        await room.fresh()
        assert world.shelf.reads == before + 2

    asyncio.run(story())


def test_a_clock_that_was_set_back_does_not_stop_the_reading() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        before = world.shelf.reads
        world.clock.move(days=-1)
        await room.fresh()
        assert world.shelf.reads == before + 1

    asyncio.run(story())


def test_reading_the_same_keys_again_voids_nothing() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        version = room.version
        await room.refresh()
        assert room.version == version
        await room.rotate()
        assert room.version > version

    asyncio.run(story())


def test_another_root_secret_can_verify_the_old_keys_but_signs_with_one_of_its_own() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        token, _ = await world.tokens(room).write("a", "s", world.clock())
        later = world.room(sealing=RootSecret(b"o" * 32).keyring("seal"))
        await later.load()
        assert later.signing().kid != room.signing().kid
        assert (await world.tokens(later).read(token)).session_id == "s"
        assert ("warning", "signing keys are sealed under another root secret; a new one is made") in (
            world.log.lines
        )

    asyncio.run(story())


def test_another_algorithm_gets_its_own_first_key_and_the_old_tokens_stay_valid() -> None:
    async def story() -> None:
        world = World()
        room = world.room("ES256")
        await room.load()
        token, _ = await world.tokens(room).write("a", "s", world.clock())
        later = world.room("Ed25519")
        await later.load()
        assert later.signing().algorithm == "Ed25519"
        assert (await world.tokens(later).read(token)).session_id == "s"

    asyncio.run(story())


def test_nothing_can_be_signed_before_the_keys_were_read() -> None:
    with pytest.raises(Refusal) as refusal:
        World().room().signing()
    assert refusal.value.refused.code == "unavailable"


def test_the_public_form_on_the_shelf_is_json() -> None:
    world = World()
    asyncio.run(world.room().load())
    assert json.loads(world.shelf.keys[0].public)["kid"] == world.shelf.keys[0].kid


def test_a_token_that_was_being_signed_while_its_key_retired_is_not_remembered_as_genuine() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        tokens = world.tokens(room)
        old = room.signing().kid
        signing = asyncio.create_task(tokens.write("an-account", "a-session", world.clock()))
        await asyncio.sleep(0)  # it has chosen its key
        room.verifying(old)
        world.shelf.keys[:] = []
        await room.refresh()
        token, _ = await signing
        with pytest.raises(Refusal):
            await tokens.read(token)

    asyncio.run(story())


def test_keys_that_cannot_be_read_again_are_told_of_and_those_that_were_known_go_on() -> None:
    async def story() -> None:
        world = World()
        room = world.room()
        await room.load()
        tokens = world.tokens(room)
        token, _ = await tokens.write("an-account", "a-session", world.clock())
        world.shelf.keys.append(replace(world.shelf.keys[0], kid="broken", public="{no json"))
        world.clock.move(hours=1)
        await room.fresh()
        assert room.signing().kid == world.shelf.keys[0].kid
        assert (await tokens.read(token, expired_too=True)).session_id == "a-session"
        assert world.log.lines[-1] == ("error", "signing keys could not be read again")

    asyncio.run(story())
