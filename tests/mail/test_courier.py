"""The courier: every letter leaves once, or is seen to be dead; nothing stops it but being stopped (OP1)."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auth_portal.core.refusal import unavailable
from auth_portal.core.secrets import RootSecret
from auth_portal.mail.content import seal
from auth_portal.mail.courier import pause_after
from auth_portal.mail.letter import Letter, LetterKind, LetterState
from auth_portal.mail.sender import Dead, TryLater
from auth_portal.mail.smtp import SmtpSender
from tests.mail.desk import CONTENT, FACTS, NOW, RULES, a_letter
from tests.mail.post_office import PATIENCE, Stuck, Told, a_post_office, hasty, working
from tests.mail.relay import Temper, a_relay
from tests.rig.ports import free_port

pytestmark = pytest.mark.row("OP1")
HOUR = timedelta(hours=1)


@dataclass
class Unsteady:
    """An outbox whose database goes away and comes back; everything else is the real one."""

    inner: Any
    away: int = 0
    asked: int = 0

    def __getattr__(self, name: str) -> Any:
        """The real method, unless the database is away."""
        real = getattr(self.inner, name)

        async def method(*given: Any) -> Any:
            self.asked += 1
            if self.away > 0:
                self.away -= 1
                raise unavailable("the database is away")
            return await real(*given)

        return method


@dataclass
class SlowToAnswer:
    """An outbox that has written a claim well before whoever claims hears of it."""

    inner: Any
    claimed: asyncio.Event = field(default_factory=asyncio.Event)

    def __getattr__(self, name: str) -> Any:
        """Everything else is the real one."""
        return getattr(self.inner, name)

    async def claim(self, *given: Any) -> list[Letter]:
        """The real claim; its answer takes a while."""
        letters: list[Letter] = await self.inner.claim(*given)
        self.claimed.set()
        await asyncio.sleep(0.2)
        return letters


def test_a_posted_letter_leaves_at_once_and_its_body_is_erased(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            sender = Told()
            courier = office.courier(sender)
            async with working(courier):
                await office.post(courier.wake)(
                    LetterKind.CONFIRM_EMAIL, "ada@example.com", account_id=None, locale="de", facts=FACTS
                )
                sent = await office.until(LetterState.SENT)
            letter, content = sender.given[0]
            assert len(sender.given) == 1
            assert letter.recipient == "ada@example.com"
            assert letter.message_id == f"<{letter.id}@tea.example>"
            assert content.subject == "E-Mail-Adresse bestätigen"
            assert sent[0].sealed == b""
            assert office.counted == {"sent": 1}
            assert "ada@example.com" not in str(office.log.lines)

    asyncio.run(story())


def test_what_lies_in_the_outbox_tells_no_link(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            await office.post()(
                LetterKind.RESET_PASSWORD, "ada@example.com", account_id=None, locale=None, facts=FACTS
            )
            waiting = await office.stores.outbox.page(LetterState.WAITING, 10)
            assert len(waiting) == 1
            assert waiting[0].sealed

    asyncio.run(story())
    assert not [file for file in tmp_path.iterdir() if b"aplk_token" in file.read_bytes()]


def test_a_refused_recipient_is_dead_at_once_and_visible(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            letter = a_letter()
            await office.stores.outbox.post(letter)
            sender = Told(Dead("550 no such user"))
            async with working(office.courier(sender)):
                dead = await office.until(LetterState.DEAD)
            assert dead[0].last_error == "550 no such user"
            assert dead[0].sealed == b""
            assert len(sender.given) == 1
            assert office.counted == {"dead": 1}
            assert office.log.events("error") == ["a letter is dead"]

    asyncio.run(story())


def test_a_relay_that_was_away_gets_every_letter_afterwards(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            temper, port = Temper(), free_port()
            rules = replace(hasty(), host="127.0.0.1", port=port)
            letters = [a_letter(f"person{number}@example.com") for number in range(12)]
            for letter in letters:
                await office.stores.outbox.post(letter)
            async with working(office.courier(SmtpSender(rules), rules)):
                for letter in letters:
                    await office.until_tried(letter.id, 1)
                assert temper.taken == []
                with a_relay(temper, port):
                    office.clock.move(timedelta(minutes=10))
                    await office.until(LetterState.SENT, 12)
            assert sorted(recipients[0] for _, recipients, _ in temper.taken) == sorted(
                letter.recipient for letter in letters
            )

    asyncio.run(story())


def test_tries_go_on_until_the_best_before_and_then_the_letter_is_dead(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            letter = a_letter()
            await office.stores.outbox.post(letter)
            sender = Told(TryLater("451 greylisted"))
            async with working(office.courier(sender)):
                waiting = await office.until_tried(letter.id, 1)
                tries = 1
                while waiting.next_try_at < letter.best_before:
                    assert waiting.last_error == "451 greylisted"
                    office.clock.at = waiting.next_try_at
                    tries += 1
                    waiting = await office.until_tried(letter.id, tries)
                office.clock.at = letter.best_before
                dead = await office.until(LetterState.DEAD)
            assert "451 greylisted" in dead[0].last_error
            assert "not sent before" in dead[0].last_error
            assert len(sender.given) == tries
            assert tries > 8
            assert {given.message_id for given, _ in sender.given} == {letter.message_id}

    asyncio.run(story())


def test_a_letter_past_its_best_before_is_never_sent(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            await office.stores.outbox.post(a_letter(best_before=NOW))
            sender = Told()
            async with working(office.courier(sender)):
                await office.until(LetterState.DEAD)
            assert sender.given == []

    asyncio.run(story())


def test_a_letter_sealed_under_a_secret_that_others_have_already_waits_for_them(tmp_path: Path) -> None:
    """While a new root secret comes to one instance after the other; and the old one may be given back."""

    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            theirs = RootSecret(b"x" * 32).keyring("letters")
            letter = a_letter()
            letter = replace(letter, sealed=seal(CONTENT, letter.id, theirs))
            await office.stores.outbox.post(letter)
            async with working(office.courier(Told())):
                left = await office.until_tried(letter.id, 1)
            assert left.state is LetterState.WAITING
            assert "not known here" in str(left.last_error)
            office.clock.move(HOUR / 2)
            sender = Told()
            async with working(replace(office.courier(sender), sealing=theirs)):
                await office.until(LetterState.SENT)
            assert len(sender.given) == 1

    asyncio.run(story())


def test_a_body_that_cannot_be_opened_is_dead_and_stops_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            good, broken = a_letter(), a_letter()
            broken = replace(broken, sealed=broken.sealed[:-1] + bytes([broken.sealed[-1] ^ 1]))
            await office.stores.outbox.post(broken)
            await office.stores.outbox.post(good)
            sender = Told()
            async with working(office.courier(sender)):
                await office.until(LetterState.SENT)
                dead = await office.until(LetterState.DEAD)
            assert [letter.id for letter, _ in sender.given] == [good.id]
            assert dead[0].id == broken.id

    asyncio.run(story())


def test_a_fault_in_a_sender_is_tried_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            letter = a_letter()
            await office.stores.outbox.post(letter)
            sender = Told(RuntimeError("a fault of ours"))
            async with working(office.courier(sender, hasty())):
                await office.until_tried(letter.id, 1)
                sender.answer = Told().answer
                office.clock.move(HOUR / 2)
                await office.until(LetterState.SENT)
            assert "sending a letter failed" in office.log.events("error")

    asyncio.run(story())


def test_several_couriers_share_the_work_and_no_letter_leaves_twice(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            letters = [a_letter(f"person{number}@example.com") for number in range(60)]
            for letter in letters:
                await office.stores.outbox.post(letter)
            senders = [Told() for _ in range(3)]
            async with working(*(office.courier(sender) for sender in senders)):
                await office.until(LetterState.SENT, 60)
            left = [letter.id for sender in senders for letter, _ in sender.given]
            assert sorted(left) == sorted(letter.id for letter in letters)

    asyncio.run(story())


def test_a_courier_that_died_leaves_its_letters_to_the_others(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            await office.stores.outbox.post(a_letter())
            claimed: list[Letter] = await office.stores.outbox.claim(NOW, NOW + RULES.claim, 1)
            assert len(claimed) == 1
            sender = Told()
            async with working(office.courier(sender)):
                office.clock.move(RULES.claim)
                await office.until(LetterState.SENT)

    asyncio.run(story())


def test_stopped_in_the_middle_it_lets_its_claims_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth_portal.mail.courier.FAREWELL", timedelta(milliseconds=200))

    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            letter, stuck = a_letter(), Stuck()
            await office.stores.outbox.post(letter)
            async with asyncio.timeout(PATIENCE), working(office.courier(stuck)):
                while stuck.begun == 0:  # noqa: ASYNC110 -- the sender under test tells nobody
                    await asyncio.sleep(0.02)
            left = await office.stores.outbox.find(letter.id)
            assert left is not None
            assert left.claimed_until is None
            assert left.next_try_at <= NOW
            sender = Told()
            async with working(office.courier(sender)):
                await office.until(LetterState.SENT)

    asyncio.run(story())


def test_stopped_in_the_moment_of_its_claim_it_leaves_no_letter_behind(tmp_path: Path) -> None:
    """What the database has already given to it waits for no claim to run out (two minutes)."""

    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            letter, slow = a_letter(), SlowToAnswer(office.stores.outbox)
            await office.stores.outbox.post(letter)
            async with working(office.courier(Told(), outbox=slow)):
                await slow.claimed.wait()
            left = await office.stores.outbox.find(letter.id)
            assert left is not None
            assert left.claimed_until is None, "nobody carries it, and nobody may"
            assert left.state is LetterState.SENT

    asyncio.run(story())


@pytest.mark.parametrize("turns", range(7))
def test_cancelled_at_the_moment_of_its_bell_it_ends(tmp_path: Path, turns: int) -> None:
    """However many turns of the loop lie between the two: a shutdown must not be swallowed."""

    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            courier = replace(office.courier(Told()), poll=timedelta(seconds=30))
            task = asyncio.create_task(courier.run())
            await asyncio.sleep(0.2)
            courier.wake()
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            ended, _ = await asyncio.wait({task}, timeout=5)
            task.cancel()
            assert ended == {task}
            assert task.cancelled()

    asyncio.run(story())


def test_a_database_that_is_away_stops_it_only_for_that_long(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            unsteady, sender = Unsteady(office.stores.outbox, away=1), Told()
            await office.stores.outbox.post(a_letter())
            async with working(office.courier(sender, outbox=unsteady)):
                await office.until(LetterState.SENT)
            assert len(sender.given) == 1
            assert "the courier cannot read the outbox" in office.log.events("warning")

    asyncio.run(story())


def test_a_letter_that_left_is_not_sent_again_because_the_database_stumbled(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            unsteady = Unsteady(office.stores.outbox)

            class Breaks(Told):
                async def __call__(self, letter: Letter, content: Any) -> Any:
                    unsteady.away = 2
                    return await super().__call__(letter, content)

            sender = Breaks()
            await office.stores.outbox.post(a_letter())
            async with working(office.courier(sender, outbox=unsteady)):
                await office.until(LetterState.SENT)
            assert len(sender.given) == 1

    asyncio.run(story())


def test_pauses_double_up_to_the_longest_and_are_spread() -> None:
    longest = timedelta(minutes=15)
    most = [pause_after(tries, longest, lambda size: b"\xff" * size) for tries in range(1, 15)]
    least = [pause_after(tries, longest, lambda size: b"\x00" * size) for tries in range(1, 15)]
    assert most[:4] == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16)]
    assert most[-1] == longest
    assert pause_after(10_000, longest, lambda size: b"\xff" * size) == longest
    assert all(low == high * 3 / 4 for low, high in zip(least, most, strict=True))


def test_posting_is_the_same_work_whether_or_not_a_letter_is_kept(tmp_path: Path) -> None:
    async def story(now: datetime) -> None:
        async with a_post_office(tmp_path) as office:
            office.clock.at = now
            office.post().rehearse(LetterKind.RESET_PASSWORD, "nobody@example.com", None, FACTS)
            assert (await office.stores.outbox.counts())[LetterState.WAITING] == 0

    asyncio.run(story(NOW))
