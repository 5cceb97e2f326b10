"""Known devices."""

import os

import pytest

from auth_portal.storage.stores import Stores
from tests.ports.builders import NOW, after, an_id

pytestmark = pytest.mark.anyio


async def test_a_mark_is_known_while_it_is_recent_and_to_its_account_only(stores: Stores) -> None:
    account_id, device, network, other = an_id(), os.urandom(32), os.urandom(32), os.urandom(32)
    assert not await stores.devices.knows(account_id, [device, network], NOW)
    await stores.devices.remember(account_id, [device, network], NOW)
    assert await stores.devices.knows(account_id, [device], NOW)
    assert await stores.devices.knows(account_id, [other, network], after(days=-90))
    assert not await stores.devices.knows(account_id, [device, network], after(milliseconds=1))
    assert not await stores.devices.knows(account_id, [other], NOW)
    assert not await stores.devices.knows(an_id(), [device, network], NOW)
    assert not await stores.devices.knows(account_id, [], NOW)


async def test_any_number_of_marks_may_be_asked_for(stores: Stores) -> None:
    account_id, marks = an_id(), [os.urandom(32) for _ in range(11)]
    await stores.devices.remember(account_id, marks[-1:], NOW)
    assert await stores.devices.knows(account_id, marks, NOW)
    assert not await stores.devices.knows(account_id, marks[:-1], NOW)


async def test_remembering_again_renews(stores: Stores) -> None:
    account_id, mark = an_id(), os.urandom(32)
    await stores.devices.remember(account_id, [mark], NOW)
    await stores.devices.remember(account_id, [mark, mark], after(days=1))
    assert await stores.devices.knows(account_id, [mark], after(days=1))
    assert await stores.devices.forget(account_id) == 1


async def test_an_account_keeps_its_fifty_newest_marks(stores: Stores) -> None:
    account_id, marks = an_id(), [os.urandom(32) for _ in range(53)]
    for minute, mark in enumerate(marks):
        await stores.devices.remember(account_id, [mark], after(minutes=minute))
    for old in marks[:3]:
        assert not await stores.devices.knows(account_id, [old], NOW)
    assert await stores.devices.knows(account_id, [marks[3]], NOW)
    assert await stores.devices.forget(account_id) == 50


async def test_the_sweep_takes_what_was_not_seen_for_long(stores: Stores) -> None:
    account_id = an_id()
    for day in range(4):
        await stores.devices.remember(account_id, [os.urandom(32)], after(days=day))
    assert await stores.devices.sweep(after(days=3), 2) == 2
    assert await stores.devices.sweep(after(days=3), 9) == 1
    assert await stores.devices.forget(account_id) == 1
