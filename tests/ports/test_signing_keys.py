"""Signing keys and the root secret's check value."""

from dataclasses import replace

import pytest

from auth_portal.storage.stores import Stores
from tests.ports.builders import NOW, a_key, after

pytestmark = pytest.mark.anyio


async def test_keys_come_oldest_first(stores: Stores) -> None:
    young, old = a_key(created_at=after(days=1), sealed=bytes(range(256))), a_key(signs_from=after(hours=1))
    assert await stores.signing_keys.add(young)
    assert await stores.signing_keys.add(old)
    assert not await stores.signing_keys.add(replace(old, sealed=b"another"))
    assert await stores.signing_keys.all() == [old, young]


async def test_only_the_first_of_its_algorithm_is_added(stores: Stores) -> None:
    first, other = a_key(), a_key(algorithm="Ed25519")
    assert await stores.signing_keys.add(first, only_first=True)
    assert not await stores.signing_keys.add(a_key(), only_first=True)
    assert await stores.signing_keys.add(other, only_first=True)
    assert await stores.signing_keys.add(a_key())
    assert len(await stores.signing_keys.all()) == 3


async def test_a_living_key_that_was_not_the_first_counts_as_well(stores: Stores) -> None:
    assert await stores.signing_keys.add(a_key())
    assert not await stores.signing_keys.add(a_key(), only_first=True)


async def test_after_retiring_a_first_one_may_be_added_again(stores: Stores) -> None:
    first, again = a_key(), a_key()
    assert await stores.signing_keys.add(first, only_first=True)
    assert await stores.signing_keys.retire(first.kid, after(days=1))
    assert not await stores.signing_keys.retire(first.kid, after(days=2))
    assert not await stores.signing_keys.retire("unknown", NOW)
    assert await stores.signing_keys.add(again, only_first=True)
    assert await stores.signing_keys.all() == sorted(
        [replace(first, retired_at=after(days=1)), again], key=lambda key: key.kid
    )


async def test_the_sweep_takes_keys_retired_long_ago(stores: Stores) -> None:
    old, young, living = a_key(), a_key(), a_key()
    for key in (old, young, living):
        assert await stores.signing_keys.add(key)
    assert await stores.signing_keys.retire(old.kid, NOW)
    assert await stores.signing_keys.retire(young.kid, after(days=2))
    assert await stores.signing_keys.sweep(after(days=1)) == 1
    assert {key.kid for key in await stores.signing_keys.all()} == {young.kid, living.kid}


async def test_the_root_is_pinned_once_and_moves_only_from_a_known_one(stores: Stores) -> None:
    pin, pinned = stores.signing_keys.pin_root, stores.signing_keys.pinned_root
    assert await pinned() is None
    assert await pin(b"first", []) == b"first"
    assert await pinned() == b"first"
    assert await pin(b"other", []) == b"first"
    assert await pin(b"other", [b"unknown", b"others"]) == b"first"
    assert await pin(b"second", [b"unknown", b"first"]) == b"second"
    assert await pin(b"first", []) == b"second"
