"""Sending again: a new letter for whoever still needs it, and a plain word for every other case."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from auth_portal.accounts.account import Account
from auth_portal.cli.letters import _resend
from auth_portal.mail.letter import Letter, LetterKind, LetterState
from auth_portal.mail.resend import Resend, Resent
from tests.faults.portal_in_process import InProcess, a_portal
from tests.mail.desk import NOW, a_letter
from tests.mail.post_office import PostOffice, a_post_office

ADA = Account(
    id="0193a000-0000-7000-8000-000000000001",
    email="ada@example.com",
    first_name="Ada",
    last_name="Lovelace",
    created_at=NOW,
    updated_at=NOW,
)


@dataclass
class Writer:
    """A flow that writes a letter anew: here it only says to whom."""

    needed: bool = True
    wrote_to: list[str | None] = field(default_factory=list)

    async def __call__(self, account: Account) -> bool:
        """A new ticket and a new letter, elsewhere."""
        self.wrote_to.append(account.email)
        return self.needed


async def put(office: PostOffice, letter: Letter, state: LetterState = LetterState.DEAD) -> str:
    """A letter that stands so."""
    await office.stores.outbox.post(letter)
    if state is not LetterState.WAITING:
        until = NOW + timedelta(minutes=1)
        await office.stores.outbox.claim(NOW, until, 1)
        assert await office.stores.outbox.dead(letter.id, until, NOW, "550 no such user")
    return letter.id


def resend(office: PostOffice, writer: Writer) -> Resend:
    """Confirmations can be written anew."""
    return Resend(office.stores.outbox, office.stores.accounts, {LetterKind.CONFIRM_EMAIL: writer})


def test_a_dead_confirmation_is_written_anew_for_its_account(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            assert await office.stores.accounts.create(ADA)
            dead = await put(office, a_letter(account_id=ADA.id))
            writer = Writer()
            assert await resend(office, writer)(dead) is Resent.AGAIN
            assert writer.wrote_to == ["ada@example.com"]
            assert await resend(office, Writer(needed=False))(dead) is Resent.NOT_NEEDED

    asyncio.run(story())


def test_nothing_is_written_to_a_former_address_or_a_closed_account(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            writer = Writer()
            assert await office.stores.accounts.create(replace(ADA, email="new@example.com"))
            former = await put(office, a_letter(account_id=ADA.id))
            nobody = await put(office, a_letter(account_id=None))
            current = await put(office, a_letter("new@example.com", account_id=ADA.id))
            assert await resend(office, writer)(former) is Resent.NO_ACCOUNT
            assert await resend(office, writer)(nobody) is Resent.NO_ACCOUNT
            await office.stores.accounts.disable(ADA.id, NOW)
            assert await resend(office, writer)(current) is Resent.NO_ACCOUNT
            assert writer.wrote_to == []

    asyncio.run(story())


def test_what_cannot_or_need_not_be_written_anew_is_said(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            writer = Writer()
            notice = await put(office, a_letter(kind=LetterKind.PASSWORD_CHANGED))
            waiting = await put(office, a_letter(), LetterState.WAITING)
            again = resend(office, writer)
            assert await again(notice) is Resent.NOTICE
            assert await again(waiting) is Resent.STILL_TRYING
            assert await again("none") is Resent.UNKNOWN
            assert writer.wrote_to == []

    asyncio.run(story())


def test_the_standing_counts_and_tells_what_is_overdue(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_post_office(tmp_path) as office:
            again = resend(office, Writer())
            await put(office, a_letter(kind=LetterKind.PASSWORD_CHANGED))
            await put(office, a_letter(), LetterState.WAITING)
            now = await again.standing(NOW)
            assert now.counts == {LetterState.WAITING: 1, LetterState.DEAD: 1}
            assert now.due_since is None
            assert (await again.standing(NOW + timedelta(hours=1))).due_since == NOW

    asyncio.run(story())


async def a_dead_reset_letter(portal: InProcess) -> Letter:
    """The newest one, refused by the relay for good."""
    outbox, now = portal.portal.stores.outbox, portal.portal.wiring.clock()
    until = now + timedelta(minutes=1)
    for letter in await outbox.claim(now, until, 99):
        assert await outbox.dead(letter.id, until, now, "550 mailbox full")
    page = await outbox.page(LetterState.DEAD, 99)
    return next(letter for letter in page if letter.kind is LetterKind.RESET_PASSWORD)


def test_a_dead_reset_letter_is_written_anew_and_only_then_said_to_be_on_its_way(tmp_path: Path) -> None:
    async def story() -> None:
        async with a_portal(tmp_path, RATE_LIMITS="on") as portal:
            account, _ = await portal.a_person()
            await portal.post("/auth/forgot/password", {"email": account.email})
            dead = await a_dead_reset_letter(portal)
            said = []
            for _ in range(6):
                before = await portal.posted("reset_password")
                ended = await _resend(portal.portal)(dead.id)
                said.append(ended)
                posted = await portal.posted("reset_password") - before
                assert posted == (1 if ended is Resent.AGAIN else 0)
            assert said[0] is Resent.AGAIN
            assert said[-1] is Resent.NOT_NEEDED, "the address had its letters of this hour"

    asyncio.run(story())
