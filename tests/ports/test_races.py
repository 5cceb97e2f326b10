"""What each method promises when many call it at once, on two instances of one database."""

import os

import pytest
from msgspec.structs import replace

from auth_portal.accounts.store import Changed
from auth_portal.storage.stores import Stores
from auth_portal.tickets.ticket import Purpose
from tests.ports.builders import (
    NOW,
    PARALLEL,
    a_key,
    a_letter,
    a_session,
    a_ticket,
    after,
    an_account,
    an_id,
    an_identity,
    at_once,
    kept,
    now_of,
)

pytestmark = pytest.mark.anyio
ROUNDS = 5


async def test_one_of_many_rotations_of_a_generation_wins(stores: Stores, sibling: Stores) -> None:
    session = a_session(await kept(stores))
    await stores.sessions.open(session)

    async def advance(instance: Stores, _number: int) -> bool:
        return await instance.sessions.advance(
            session, burst_from=0, burst_at=NOW, now=NOW, ip="", user_agent=""
        )

    for generation in range(ROUNDS):
        session = replace(session, generation=generation)
        assert sum(await at_once(advance, stores, sibling)) == 1
    found = await stores.sessions.find(session.id)
    assert found is not None
    assert found.session.generation == ROUNDS


async def test_one_of_many_spends_a_ticket(stores: Stores, sibling: Stores) -> None:
    for _ in range(ROUNDS):
        ticket = a_ticket()
        await stores.tickets.add(ticket)

        async def spend(instance: Stores, _number: int, digest: bytes = ticket.digest) -> bool:
            return await instance.tickets.spend(digest, [Purpose.RESET], NOW) is not None

        assert sum(await at_once(spend, stores, sibling)) == 1


async def test_one_address_makes_one_account(stores: Stores, sibling: Stores) -> None:
    async def create(instance: Stores, _number: int) -> bool:
        return await instance.accounts.create(an_account(email="wanted@example.org"))

    assert sum(await at_once(create, stores, sibling)) == 1
    assert await stores.accounts.find_by_email("wanted@example.org") is not None


async def test_one_subject_makes_one_account(stores: Stores, sibling: Stores) -> None:
    async def create(instance: Stores, _number: int) -> bool:
        account = an_account(email=None)
        return await instance.accounts.create(account, an_identity(account, subject="the same"))

    assert sum(await at_once(create, stores, sibling)) == 1
    assert len(await stores.accounts.page("", 99)) == 1


async def test_one_subject_is_linked_to_one_account(stores: Stores, sibling: Stores) -> None:
    people = [await kept(stores) for _ in range(PARALLEL)]

    async def link(instance: Stores, number: int) -> bool:
        return await instance.accounts.link(an_identity(people[number], subject="the same"), epoch=0)

    assert sum(await at_once(link, stores, sibling)) == 1


async def test_the_last_way_in_stays_however_many_unlink(stores: Stores, sibling: Stores) -> None:
    for _ in range(ROUNDS):
        account = await kept(stores, password_hash=None)
        identities = [an_identity(account) for _ in range(4)]
        for identity in identities:
            assert await stores.accounts.link(identity, epoch=0)

        async def unlink(
            instance: Stores, number: int, account_id: str = account.id, ids: list[str] | None = None
        ) -> bool:
            chosen = ids or [identity.id for identity in identities]  # noqa: B023 -- awaited in this round
            return await instance.accounts.unlink(account_id, chosen[number % len(chosen)])

        assert sum(await at_once(unlink, stores, sibling)) == 3
        assert len(await stores.accounts.identities(account.id)) == 1


async def test_no_more_tries_are_reserved_than_there_are_places(stores: Stores, sibling: Stores) -> None:
    account = await kept(stores, failures=20, failures_day=20_000)

    async def reserve(instance: Stores, _number: int) -> bool:
        return await instance.accounts.reserve_try(account.id, today=20_001, at_most=15)

    assert sum(await at_once(reserve, stores, sibling)) == 5
    assert (await now_of(stores, account)).failures == 15


async def test_one_of_many_changes_of_a_password_wins(stores: Stores, sibling: Stores) -> None:
    account = await kept(stores)

    async def change(instance: Stores, number: int) -> int | None:
        seen = account.password_hash
        return await instance.accounts.set_password(account.id, f"hash {number}", seen=seen, epoch=0, now=NOW)

    changed = await at_once(change, stores, sibling)
    assert [epoch for epoch in changed if epoch is not None] == [1]


async def test_one_of_many_resets_wins(stores: Stores, sibling: Stores) -> None:
    account = await kept(stores, email_confirmed_at=None)
    assert await stores.accounts.link(an_identity(account), epoch=0)

    async def reset(instance: Stores, number: int) -> int | None:
        return await instance.accounts.reset_password(
            account.id, f"hash {number}", email=str(account.email), epoch=0, now=NOW
        )

    assert [epoch for epoch in await at_once(reset, stores, sibling) if epoch is not None] == [1]
    assert await stores.accounts.identities(account.id) == []


async def test_a_squatters_link_never_survives_a_take_over(stores: Stores, sibling: Stores) -> None:
    for _ in range(ROUNDS):
        account = await kept(stores, email_confirmed_at=None)
        email = str(account.email)

        async def either(
            instance: Stores, number: int, account_id: str = account.id, at: str = email
        ) -> bool:
            if number == PARALLEL // 2:
                return await instance.accounts.take_over(account_id, email=at, epoch=0, now=NOW) == 1
            squatters = an_identity(an_account(id=account_id))
            return await instance.accounts.link(squatters, epoch=0)

        taken = (await at_once(either, stores, sibling))[PARALLEL // 2]
        assert taken
        assert await stores.accounts.identities(account.id) == []


async def test_one_address_goes_to_one_of_many_who_change_to_it(stores: Stores, sibling: Stores) -> None:
    people = [await kept(stores) for _ in range(PARALLEL)]

    async def change(instance: Stores, number: int) -> Changed:
        old = people[number].email
        return await instance.accounts.change_email(
            people[number].id, old=old, new="wanted@example.org", epoch=0, now=NOW
        )

    ended = await at_once(change, stores, sibling)
    assert (ended.count(Changed.DONE), ended.count(Changed.TAKEN)) == (1, PARALLEL - 1)


async def test_every_raise_of_the_epoch_counts(stores: Stores, sibling: Stores) -> None:
    account = await kept(stores)

    async def end(instance: Stores, _number: int) -> int | None:
        return await instance.accounts.end_everything(account.id, NOW)

    epochs = await at_once(end, stores, sibling)
    assert sorted(epoch or 0 for epoch in epochs) == list(range(1, PARALLEL + 1))


async def test_a_letter_is_handed_to_one_courier(stores: Stores, sibling: Stores) -> None:
    letters = [a_letter() for _ in range(40)]
    for letter in letters:
        await stores.outbox.post(letter)

    async def claim(instance: Stores, _number: int) -> list[str]:
        return [letter.id for letter in await instance.outbox.claim(NOW, after(minutes=2), 5)]

    handed = [letter_id for claimed in await at_once(claim, stores, sibling) for letter_id in claimed]
    handed += [letter.id for letter in await stores.outbox.claim(NOW, after(minutes=2), 99)]
    assert sorted(handed) == sorted(letter.id for letter in letters)


async def test_one_of_many_instances_adds_the_first_key(stores: Stores, sibling: Stores) -> None:
    async def add(instance: Stores, _number: int) -> bool:
        return await instance.signing_keys.add(a_key(), only_first=True)

    assert sum(await at_once(add, stores, sibling)) == 1
    assert len(await stores.signing_keys.all()) == 1


async def test_many_instances_agree_on_the_root(stores: Stores, sibling: Stores) -> None:
    async def pin(instance: Stores, number: int) -> bytes:
        return await instance.signing_keys.pin_root(f"root {number}".encode(), [])

    assert len(set(await at_once(pin, stores, sibling))) == 1


async def test_one_of_many_endings_is_the_first(stores: Stores, sibling: Stores) -> None:
    session = a_session(await kept(stores))
    await stores.sessions.open(session)

    async def end(instance: Stores, number: int) -> bool:
        return await instance.sessions.end(session.id, f"reason {number}", NOW)

    ended = await at_once(end, stores, sibling)
    found = await stores.sessions.find(session.id)
    assert found is not None
    assert ended.count(True) == 1
    assert found.session.end_reason == f"reason {ended.index(True)}"


async def test_the_cap_holds_when_many_sign_in(stores: Stores, sibling: Stores) -> None:
    account = await kept(stores)

    async def sign_in(instance: Stores, number: int) -> None:
        await instance.sessions.open(a_session(account, created_at=after(seconds=number)), 4)

    await at_once(sign_in, stores, sibling, times=40)
    assert len(await stores.sessions.living(account.id, 0)) == 4
    assert await stores.sessions.forget(account.id) <= 12


async def test_parallel_sign_ins_remember_the_same_devices(stores: Stores, sibling: Stores) -> None:
    account_id, marks = an_id(), [os.urandom(32), os.urandom(32)]

    async def remember(instance: Stores, number: int) -> None:
        await instance.devices.remember(account_id, marks[:: 1 if number % 2 else -1], NOW)

    await at_once(remember, stores, sibling)
    assert await stores.devices.forget(account_id) == 2
