"""The outbox: claims, settling, forgetting."""

from dataclasses import replace

import pytest

from auth_portal.mail.letter import LetterState
from auth_portal.storage.stores import Stores
from tests.ports.builders import NOW, OfTomorrow, a_letter, after, an_id

pytestmark = pytest.mark.anyio


UNTIL = after(minutes=2)


async def test_a_letter_is_kept_as_it_is(stores: Stores) -> None:
    full = a_letter(
        state=LetterState.DEAD,
        tries=3,
        claimed_until=after(seconds=1),
        settled_at=after(seconds=2),
        last_error="550 no such user",
        sealed=bytes(range(256)),
    )
    bare = a_letter(account_id=None)
    await stores.outbox.post(full)
    await stores.outbox.post(bare)
    assert await stores.outbox.find(full.id) == full
    assert await stores.outbox.find(bare.id) == bare
    assert await stores.outbox.find("unknown") is None


async def test_claiming_takes_what_is_due_oldest_first(stores: Stores) -> None:
    old, young = a_letter(next_try_at=after(hours=-1)), a_letter()
    later = a_letter(next_try_at=after(seconds=1))
    for letter in (young, later, old):
        await stores.outbox.post(letter)
    assert await stores.outbox.claim(NOW, UNTIL, 1) == [replace(old, tries=1, claimed_until=UNTIL)]
    assert await stores.outbox.claim(NOW, UNTIL, 9) == [replace(young, tries=1, claimed_until=UNTIL)]
    assert await stores.outbox.claim(NOW, UNTIL, 9) == []


async def test_a_letter_that_a_newer_version_wrote_leaves_like_any(stores: Stores) -> None:
    """Beside it this one still runs, and the kind is no more than a name: the letter is written."""
    letter = a_letter(kind=OfTomorrow.KIND)
    await stores.outbox.post(letter)
    (claimed,) = await stores.outbox.claim(NOW, UNTIL, 9)
    assert (claimed.id, claimed.kind, claimed.kind.value) == (letter.id, "of tomorrow", "of tomorrow")
    assert len(await stores.outbox.page(LetterState.WAITING, 9)) == 1


async def test_a_claim_that_ran_out_passes_on_and_its_holder_has_no_say(stores: Stores) -> None:
    letter = a_letter()
    await stores.outbox.post(letter)
    assert len(await stores.outbox.claim(NOW, UNTIL, 9)) == 1
    later = after(minutes=4)
    assert [claimed.tries for claimed in await stores.outbox.claim(UNTIL, later, 9)] == [2]
    assert not await stores.outbox.sent(letter.id, UNTIL, NOW)
    assert not await stores.outbox.dead(letter.id, UNTIL, NOW, "late")
    assert not await stores.outbox.try_later(letter.id, UNTIL, NOW, "late")
    assert await stores.outbox.sent(letter.id, later, after(minutes=3))


async def test_a_sent_letter_loses_its_body(stores: Stores) -> None:
    letter = a_letter()
    await stores.outbox.post(letter)
    await stores.outbox.claim(NOW, UNTIL, 9)
    assert await stores.outbox.sent(letter.id, UNTIL, after(seconds=9))
    assert not await stores.outbox.sent(letter.id, UNTIL, after(seconds=10))
    sent = await stores.outbox.find(letter.id)
    assert sent is not None
    assert (sent.state, sent.sealed, sent.settled_at) == (LetterState.SENT, b"", after(seconds=9))
    assert await stores.outbox.claim(after(days=1), after(days=2), 9) == []


async def test_a_dead_letter_keeps_the_error_and_loses_its_body(stores: Stores) -> None:
    letter = a_letter()
    await stores.outbox.post(letter)
    await stores.outbox.claim(NOW, UNTIL, 9)
    assert await stores.outbox.dead(letter.id, UNTIL, after(seconds=9), "550 no such user")
    dead = await stores.outbox.find(letter.id)
    assert dead is not None
    assert (dead.state, dead.sealed, dead.last_error) == (LetterState.DEAD, b"", "550 no such user")
    assert dead.settled_at == after(seconds=9)


async def test_a_letter_that_did_not_leave_is_due_again_later(stores: Stores) -> None:
    letter = a_letter()
    await stores.outbox.post(letter)
    await stores.outbox.claim(NOW, UNTIL, 9)
    assert await stores.outbox.try_later(letter.id, UNTIL, after(minutes=9), "connection refused")
    assert await stores.outbox.next_due() == after(minutes=9)
    assert await stores.outbox.claim(after(minutes=8), after(hours=1), 9) == []
    again = await stores.outbox.claim(after(minutes=9), after(hours=1), 9)
    assert [(one.tries, one.last_error, one.sealed) for one in again] == [
        (2, "connection refused", b"sealed")
    ]


async def test_the_next_due_letter_is_not_one_that_is_being_sent(stores: Stores) -> None:
    assert await stores.outbox.next_due() is None
    await stores.outbox.post(a_letter())
    await stores.outbox.claim(NOW, UNTIL, 9)
    assert await stores.outbox.next_due() == UNTIL
    await stores.outbox.post(a_letter(next_try_at=after(minutes=1)))
    assert await stores.outbox.next_due() == after(minutes=1)


async def test_pages_and_counts_by_state(stores: Stores) -> None:
    waiting = [a_letter() for _ in range(3)]
    dead = a_letter(state=LetterState.DEAD, settled_at=NOW)
    assert await stores.outbox.counts() == {LetterState.WAITING: 0, LetterState.DEAD: 0}
    for letter in (*waiting, dead):
        await stores.outbox.post(letter)
    newest = sorted([*waiting, dead], key=lambda letter: letter.id, reverse=True)
    assert await stores.outbox.page(None, 2) == newest[:2]
    assert await stores.outbox.page(LetterState.DEAD, 9) == [dead]
    assert await stores.outbox.page(LetterState.SENT, 9) == []
    sent = a_letter(state=LetterState.SENT, settled_at=NOW)
    await stores.outbox.post(sent)
    assert await stores.outbox.page(LetterState.SENT, 9) == [sent]
    assert await stores.outbox.counts() == {LetterState.WAITING: 3, LetterState.DEAD: 1}, "sent: not counted"


async def test_forgetting_an_account_removes_its_letters_to_whatever_address(stores: Stores) -> None:
    gone, other = an_id(), a_letter()
    sent = a_letter(account_id=gone, recipient="former@example.org", state=LetterState.SENT, settled_at=NOW)
    waiting = a_letter(account_id=gone, recipient="new@example.org")
    nobody = a_letter(account_id=None, recipient="new@example.org")
    for letter in (waiting, sent, other, nobody):
        await stores.outbox.post(letter)
    assert await stores.outbox.forget(gone) == 2
    assert await stores.outbox.forget(gone) == 0
    assert {letter.id for letter in await stores.outbox.page(None, 9)} == {other.id, nobody.id}
    assert (await stores.outbox.counts())[LetterState.DEAD] == 0


async def test_forgetting_an_address_removes_the_letters_that_belong_to_no_account(stores: Stores) -> None:
    nobody = a_letter(account_id=None, recipient="gone@example.org")
    somebody = a_letter(recipient="gone@example.org")
    elsewhere = a_letter(account_id=None)
    for letter in (nobody, somebody, elsewhere):
        await stores.outbox.post(letter)
    assert await stores.outbox.forget_address("gone@example.org") == 1
    assert await stores.outbox.forget_address("gone@example.org") == 0
    assert {letter.id for letter in await stores.outbox.page(None, 9)} == {somebody.id, elsewhere.id}


async def test_a_letter_forgotten_while_it_is_being_sent_is_not_settled(stores: Stores) -> None:
    letter = a_letter()
    assert letter.account_id is not None
    await stores.outbox.post(letter)
    await stores.outbox.claim(NOW, UNTIL, 9)
    assert await stores.outbox.forget(letter.account_id) == 1
    assert not await stores.outbox.sent(letter.id, UNTIL, NOW)
    assert not await stores.outbox.try_later(letter.id, UNTIL, NOW, "connection refused")
    assert await stores.outbox.page(None, 9) == []


async def test_the_sweep_takes_letters_settled_long_ago(stores: Stores) -> None:
    for day in range(4):
        await stores.outbox.post(a_letter(state=LetterState.SENT, settled_at=after(days=day)))
    await stores.outbox.post(a_letter(created_at=after(days=-99)))
    assert await stores.outbox.sweep(after(days=3), 2) == 2
    assert await stores.outbox.sweep(after(days=3), 9) == 1
    assert len(await stores.outbox.page(None, 9)) == 2
