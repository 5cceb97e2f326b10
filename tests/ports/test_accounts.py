"""Accounts: what each method promises, alone."""

import pytest
from msgspec.structs import replace

from auth_portal.accounts.store import Changed
from auth_portal.storage.stores import Stores
from tests.ports.builders import NOW, after, an_account, an_id, an_identity, kept, now_of

pytestmark = pytest.mark.anyio


async def test_what_is_created_is_found_by_id_and_by_address(stores: Stores) -> None:
    full = an_account(
        locale="de",
        social_type="github",
        password_changed_at=after(seconds=1),
        password_reset_at=after(seconds=2),
        disabled_at=after(seconds=3),
        epoch=7,
        failures=3,
        failures_day=20_000,
        first_name="Zoë 💡 'quoted'",
    )
    bare = an_account(email=None, password_hash=None, email_confirmed_at=None)
    assert await stores.accounts.create(full)
    assert await stores.accounts.create(bare)
    assert await stores.accounts.find(full.id) == full
    assert await stores.accounts.find(bare.id) == bare
    assert await stores.accounts.find_by_email(str(full.email)) == full
    assert await stores.accounts.find(an_id()) is None
    assert await stores.accounts.find_by_email("nobody@example.org") is None


async def test_an_address_or_an_id_is_given_once(stores: Stores) -> None:
    first = await kept(stores)
    assert not await stores.accounts.create(an_account(email=first.email))
    assert not await stores.accounts.create(an_account(id=first.id))
    assert await stores.accounts.find(first.id) == first


async def test_any_number_of_accounts_have_no_address(stores: Stores) -> None:
    assert await stores.accounts.create(an_account(email=None))
    assert await stores.accounts.create(an_account(email=None))


async def test_account_and_identities_are_created_whole_or_not_at_all(stores: Stores) -> None:
    first, second = an_account(), an_account()
    known = an_identity(first, email=None)
    assert await stores.accounts.create(first, known, an_identity(first, provider="google"))
    taken = replace(known, id=an_id(), account_id=second.id)
    assert not await stores.accounts.create(second, an_identity(second), taken)
    assert await stores.accounts.find(second.id) is None
    assert await stores.accounts.identities(second.id) == []
    assert await stores.accounts.find_by_identity("github", known.subject) == first
    assert len(await stores.accounts.identities(first.id)) == 2


async def test_identities_come_oldest_first(stores: Stores) -> None:
    account = await kept(stores)
    young = an_identity(account, linked_at=after(hours=1))
    old = an_identity(account, provider="google")
    assert await stores.accounts.link(young, epoch=0)
    assert await stores.accounts.link(old, epoch=0)
    assert await stores.accounts.identities(account.id) == [old, young]
    assert await stores.accounts.find_by_identity("github", "unknown") is None


async def test_pages_walk_over_living_accounts_in_order_of_id(stores: Stores) -> None:
    people = sorted([await kept(stores) for _ in range(5)], key=lambda account: account.id)
    assert await stores.accounts.delete(people[2].id, after(hours=1))
    assert await stores.accounts.page("", 2) == people[:2]
    assert await stores.accounts.page(people[1].id, 9) == people[3:]


async def test_renaming_sets_only_what_is_given(stores: Stores) -> None:
    account = await kept(stores, locale="de")
    renamed = await stores.accounts.rename(
        account.id, first_name="Grace", last_name=None, locale=None, now=after(hours=1)
    )
    assert renamed == replace(account, first_name="Grace", updated_at=after(hours=1))
    assert await now_of(stores, account) == renamed
    gone = await stores.accounts.rename(an_id(), first_name="x", last_name=None, locale=None, now=NOW)
    assert gone is None


async def test_confirming_keeps_the_first_instant_and_minds_the_address(stores: Stores) -> None:
    account = await kept(stores, email_confirmed_at=None)
    email = str(account.email)
    assert not await stores.accounts.confirm(account.id, "other@example.org", after(hours=1))
    assert await stores.accounts.confirm(account.id, email, after(hours=1))
    assert await stores.accounts.confirm(account.id, email, after(hours=2))
    assert (await now_of(stores, account)).email_confirmed_at == after(hours=1)
    assert await stores.accounts.disable(account.id, NOW)
    assert not await stores.accounts.confirm(account.id, email, after(hours=3))
    assert not await stores.accounts.confirm(an_id(), email, NOW)


async def test_a_hash_is_replaced_only_where_the_seen_one_stands(stores: Stores) -> None:
    account = await kept(stores)
    assert not await stores.accounts.rehash(account.id, "another", "fresh")
    assert await stores.accounts.rehash(account.id, str(account.password_hash), "fresh")
    assert await now_of(stores, account) == replace(account, password_hash="fresh")


async def test_setting_a_password_raises_the_epoch_where_all_is_as_seen(stores: Stores) -> None:
    account = await kept(stores)
    change, seen = stores.accounts.set_password, account.password_hash
    assert await change(account.id, "x", seen="another", epoch=0, now=NOW) is None
    assert await change(account.id, "x", seen=None, epoch=0, now=NOW) is None
    assert await change(account.id, "x", seen=seen, epoch=1, now=NOW) is None
    assert await change(account.id, "fresh", seen=seen, epoch=0, now=after(hours=1)) == 1
    changed = await now_of(stores, account)
    assert (changed.password_hash, changed.epoch) == ("fresh", 1)
    assert changed.password_changed_at == after(hours=1)


async def test_a_first_password_is_set_only_where_none_is(stores: Stores) -> None:
    account = await kept(stores, password_hash=None)
    change = stores.accounts.set_password
    assert await change(account.id, "x", seen="any", epoch=0, now=NOW) is None
    assert await change(account.id, "fresh", seen=None, epoch=0, now=NOW) == 1
    assert await change(account.id, "later", seen=None, epoch=1, now=NOW) is None


async def test_a_reset_does_everything_in_one_change(stores: Stores) -> None:
    account = await kept(stores, failures=9, failures_day=20_000, epoch=4)
    assert await stores.accounts.link(an_identity(account), epoch=4)
    reset = stores.accounts.reset_password
    email = str(account.email)
    assert await reset(account.id, "x", email="other@example.org", epoch=4, now=NOW) is None
    assert await reset(account.id, "x", email=email, epoch=3, now=NOW) is None
    assert await reset(account.id, "fresh", email=email, epoch=4, now=after(hours=1)) == 5
    after_it = await now_of(stores, account)
    assert (after_it.password_hash, after_it.epoch, after_it.failures) == ("fresh", 5, 0)
    assert after_it.password_changed_at == after_it.password_reset_at == after(hours=1)
    assert after_it.email_confirmed_at == NOW
    assert len(await stores.accounts.identities(account.id)) == 1


async def test_a_reset_of_an_unproved_address_sheds_every_identity(stores: Stores) -> None:
    account = await kept(stores, email_confirmed_at=None, social_type="github")
    assert await stores.accounts.link(an_identity(account), epoch=0)
    email = str(account.email)
    assert await stores.accounts.reset_password(account.id, "f", email=email, epoch=0, now=NOW) == 1
    assert await stores.accounts.identities(account.id) == []
    after_it = await now_of(stores, account)
    assert after_it.social_type is None
    assert after_it.confirmed


async def test_a_reset_refuses_disabled_and_deleted_accounts(stores: Stores) -> None:
    account = await kept(stores)
    email = str(account.email)
    assert await stores.accounts.disable(account.id, NOW)
    assert await stores.accounts.reset_password(account.id, "f", email=email, epoch=1, now=NOW) is None
    assert (await now_of(stores, account)).password_hash == account.password_hash


async def test_the_proven_owner_takes_an_unproved_account(stores: Stores) -> None:
    account = await kept(stores, email_confirmed_at=None, failures=5, social_type="github")
    squatters = an_identity(account)
    assert await stores.accounts.link(squatters, epoch=0)
    email = str(account.email)
    assert await stores.accounts.take_over(account.id, email=email, epoch=1, now=NOW) is None
    assert len(await stores.accounts.identities(account.id)) == 1
    assert await stores.accounts.take_over(account.id, email=email, epoch=0, now=NOW) == 1
    taken = await now_of(stores, account)
    assert (taken.password_hash, taken.epoch, taken.failures, taken.social_type) == (None, 1, 0, None)
    assert taken.confirmed
    assert await stores.accounts.identities(account.id) == []
    assert await stores.accounts.take_over(account.id, email=email, epoch=1, now=NOW) is None
    assert not await stores.accounts.link(replace(squatters, id=an_id()), epoch=0)


async def test_an_address_changes_only_where_all_is_as_seen(stores: Stores) -> None:
    account, other = await kept(stores), await kept(stores)
    change, old = stores.accounts.change_email, str(account.email)
    stale = await change(account.id, old="before@example.org", new="new@example.org", epoch=0, now=NOW)
    assert stale is Changed.STALE
    assert await change(account.id, old=old, new="new@example.org", epoch=1, now=NOW) is Changed.STALE
    assert await change(account.id, old=old, new=str(other.email), epoch=0, now=NOW) is Changed.TAKEN
    done = await change(account.id, old=old, new="new@example.org", epoch=0, now=after(hours=1))
    assert done is Changed.DONE
    changed = await stores.accounts.find_by_email("new@example.org")
    assert changed is not None
    assert changed.email_confirmed_at == after(hours=1)
    assert await stores.accounts.find_by_email(old) is None


async def test_an_account_without_an_address_gets_one(stores: Stores) -> None:
    account = await kept(stores, email=None)
    change = stores.accounts.change_email
    assert await change(account.id, old=None, new="first@example.org", epoch=0, now=NOW) is Changed.DONE
    assert await change(account.id, old=None, new="more@example.org", epoch=0, now=NOW) is Changed.STALE


async def test_linking_minds_the_account_and_the_subject(stores: Stores) -> None:
    account, other = await kept(stores), await kept(stores)
    identity = an_identity(account)
    assert not await stores.accounts.link(identity, epoch=1)
    assert await stores.accounts.link(identity, epoch=0)
    assert not await stores.accounts.link(replace(identity, id=an_id(), account_id=other.id), epoch=0)
    assert await stores.accounts.disable(other.id, NOW)
    assert not await stores.accounts.link(an_identity(other), epoch=1)
    assert not await stores.accounts.link(an_identity(an_account()), epoch=0)


async def test_unlinking_never_removes_the_last_way_in(stores: Stores) -> None:
    account = await kept(stores, password_hash=None, social_type="github")
    first, second = an_identity(account), an_identity(account, provider="google")
    assert await stores.accounts.link(first, epoch=0)
    assert not await stores.accounts.unlink(account.id, first.id)
    assert await stores.accounts.link(second, epoch=0)
    assert not await stores.accounts.unlink(an_id(), first.id)
    assert await stores.accounts.unlink(account.id, first.id)
    assert (await now_of(stores, account)).social_type is None
    assert not await stores.accounts.unlink(account.id, second.id)
    assert not await stores.accounts.unlink(an_id(), second.id, even_last=True)
    assert await stores.accounts.unlink(account.id, second.id, even_last=True)
    assert await stores.accounts.identities(account.id) == []


async def test_with_a_password_the_last_identity_may_go(stores: Stores) -> None:
    account = await kept(stores, social_type="google")
    identity = an_identity(account)
    assert await stores.accounts.link(identity, epoch=0)
    assert await stores.accounts.unlink(account.id, identity.id)
    assert not await stores.accounts.unlink(account.id, identity.id)
    assert (await now_of(stores, account)).social_type == "google"


async def test_disabling_ends_everything_and_enabling_revives_nothing(stores: Stores) -> None:
    account = await kept(stores)
    assert not await stores.accounts.enable(account.id, NOW)
    assert await stores.accounts.disable(account.id, after(hours=1))
    assert (await now_of(stores, account)).disabled_at == after(hours=1)
    assert await stores.accounts.enable(account.id, after(hours=2))
    opened = await now_of(stores, account)
    assert (opened.disabled_at, opened.epoch) == (None, 1)
    assert not await stores.accounts.disable(an_id(), NOW)


async def test_deleting_blanks_the_account_and_frees_its_address(stores: Stores) -> None:
    account = await kept(stores, locale="de", social_type="github")
    identity = an_identity(account)
    assert await stores.accounts.link(identity, epoch=0)
    assert await stores.accounts.delete(account.id, after(hours=1))
    assert not await stores.accounts.delete(account.id, after(hours=2))
    gone = await now_of(stores, account)
    assert (gone.email, gone.first_name, gone.last_name, gone.password_hash) == (None, "", "", None)
    assert (gone.locale, gone.social_type, gone.deleted_at, gone.epoch) == (None, None, after(hours=1), 1)
    assert await stores.accounts.find_by_identity(identity.provider, identity.subject) is None
    again = an_account(email=account.email)
    assert await stores.accounts.create(again, replace(identity, id=an_id(), account_id=again.id))
    assert await stores.accounts.end_everything(account.id, NOW) is None


async def test_deleting_asks_for_the_epoch_that_was_seen_when_one_is_given(stores: Stores) -> None:
    account = await kept(stores)
    assert await stores.accounts.end_everything(account.id, NOW) == 1
    changed = await now_of(stores, account)
    assert not await stores.accounts.delete(account.id, after(hours=1), epoch=0)
    assert await now_of(stores, account) == changed, "nothing happened"
    assert await stores.accounts.delete(account.id, after(hours=1), epoch=1)
    assert (await now_of(stores, account)).deleted_at == after(hours=1)
    assert not await stores.accounts.delete(account.id, after(hours=2), epoch=2), "it is gone"


async def test_ending_everything_raises_the_epoch(stores: Stores) -> None:
    account = await kept(stores)
    assert await stores.accounts.end_everything(account.id, NOW) == 1
    assert await stores.accounts.end_everything(account.id, NOW) == 2
    assert await stores.accounts.end_everything(an_id(), NOW) is None


@pytest.mark.parametrize(
    ("passed", "left"), [(-3, 100), (0, 100), (1, 50), (2, 25), (3, 12), (6, 1), (7, 0), (31, 0), (900, 0)]
)
async def test_the_run_of_failures_halves_each_day(stores: Stores, passed: int, left: int) -> None:
    account = await kept(stores, failures=100, failures_day=20_000)
    today = 20_000 + passed
    assert not await stores.accounts.reserve_try(account.id, today=today, at_most=left)
    assert await now_of(stores, account) == account, "a refusal changes nothing"
    assert await stores.accounts.reserve_try(account.id, today=today, at_most=left + 1)
    counted = await now_of(stores, account)
    assert counted.failures == left + 1
    assert counted.failures_day == max(today, 20_000)


async def test_tries_are_given_back_and_forgiven(stores: Stores) -> None:
    account = await kept(stores)
    for _ in range(3):
        assert await stores.accounts.reserve_try(account.id, today=20_000, at_most=3)
    assert not await stores.accounts.reserve_try(account.id, today=20_000, at_most=3)
    await stores.accounts.give_back_try(account.id)
    assert (await now_of(stores, account)).failures == 2
    await stores.accounts.forgive(account.id)
    await stores.accounts.give_back_try(account.id)
    assert (await now_of(stores, account)).failures == 0


async def test_the_sweep_removes_what_was_deleted_long_enough_ago(stores: Stores) -> None:
    gone = [await kept(stores) for _ in range(3)]
    for hours, account in enumerate(gone):
        assert await stores.accounts.delete(account.id, after(hours=hours))
    living = await kept(stores)
    assert await stores.accounts.deleted_before(after(hours=2), 1) == [gone[0].id]
    assert await stores.accounts.remove_deleted(gone[0].id)
    assert not await stores.accounts.remove_deleted(gone[0].id)
    assert not await stores.accounts.remove_deleted(living.id)
    assert await stores.accounts.deleted_before(after(hours=2), 9) == [gone[1].id]
    assert await stores.accounts.find(gone[0].id) is None
    assert await stores.accounts.find(living.id) == living
