"""Deleting an account: its letters go, a reset beside it wins, whoever has the address next loses nothing."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth_portal.cli.checks_of_parts import about_letters
from auth_portal.mail.letter import LetterKind
from auth_portal.tickets.ticket import Purpose
from tests.faults.portal_in_process import PASSWORD, InProcess, Instead, a_portal
from tests.ports.builders import a_letter, an_account

EMAIL, ELSEWHERE = "ada@example.org", "ada@example.net"
FRESH = "quiet lantern over moss 9"
SAID = {"firstName": "Ada", "lastName": "Lovelace", "email": EMAIL, "password": PASSWORD}

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
Act = Callable[[], Awaitable[httpx.Response]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def signed_in(portal: InProcess, email: str = EMAIL) -> dict[str, str]:
    """The header of a device of that person."""
    answer = await portal.post("/auth/login", {"email": email, "password": PASSWORD})
    assert answer.status_code == 200
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def leave(portal: InProcess, bearer: dict[str, str]) -> int:
    """The owner deletes the account; the status."""
    return (await portal.send("DELETE", "/auth/me", {"currentPassword": PASSWORD}, **bearer)).status_code


async def kept_letters(portal: InProcess) -> set[tuple[str, str]]:
    """What the outbox still holds: kind and address."""
    return {(one.kind.value, one.recipient) for one in await portal.portal.stores.outbox.page(None, 99)}


async def sweep_later(portal: InProcess) -> None:
    """The sweep of two hours later."""
    made, clock = portal.portal.wiring.sweep, portal.portal.wiring.clock
    await replace(made, clock=lambda: clock() + timedelta(hours=2))()


async def reset_link(portal: InProcess, account_id: str) -> str:
    """What a letter would bring to the account as it is now."""
    issued = await portal.portal.wiring.tickets.issue(Purpose.RESET, account_id, email=EMAIL, epoch="0")
    return issued.token


def once(act: Act, status: int) -> Instead:
    """Right after the real call somebody else acts, and is answered so."""
    done: list[int] = []

    async def instead(real: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Any:
        out = await real(*given, **named)
        if not done:
            done.append(0)
            done[0] = (await asyncio.create_task(act())).status_code  # a request of its own
            assert done[0] == status
        return out

    return instead


async def test_letters_to_a_new_and_to_a_former_address_go_with_the_account(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person(EMAIL)
        bearer = await signed_in(portal)
        asked = {"email": ELSEWHERE, "currentPassword": PASSWORD}
        assert (await portal.send("PUT", "/auth/me/email", asked, **bearer)).status_code == 202
        former = a_letter(kind=LetterKind.EMAIL_CHANGED, recipient="a@former.org", account_id=account.id)
        await portal.portal.stores.outbox.post(former)
        assert ("confirm_new_email", ELSEWHERE) in await kept_letters(portal)
        assert await leave(portal, bearer) == 204
        assert await kept_letters(portal) == set()


async def test_a_deletion_leaves_no_dead_letters_to_warn_of(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        await portal.a_person(EMAIL)
        assert await leave(portal, await signed_in(portal)) == 204
        said = [line.text for line in await about_letters(portal.portal.stores)]
        assert said == ["mail: 0 letters wait, none is dead"]


async def test_a_letter_that_was_posted_just_after_the_erasing_goes_with_the_sweep(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        await portal.a_person(EMAIL)
        bearer = await signed_in(portal)

        async def gone(real: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> Any:
            found = await real(*given, **named)
            portal.fault.instead.clear()
            assert await asyncio.create_task(leave(portal, bearer)) == 204
            return found

        portal.fault.instead["accounts.find_by_email"] = gone
        assert (await portal.post("/auth/forgot/password", {"email": EMAIL})).status_code == 200
        assert await kept_letters(portal) == {("reset_password", EMAIL)}
        await sweep_later(portal)
        assert await kept_letters(portal) == set()


@pytest.mark.row("RF11")
@pytest.mark.parametrize(
    "moment", ["accounts.reserve_try", "accounts.find", "tickets.void_all", "outbox.forget_address"]
)
async def test_a_reset_that_was_first_wins_over_a_deletion_by_the_old_password(
    tmp_path: Path, moment: str
) -> None:
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person(EMAIL)
        bearer = await signed_in(portal)
        before = await kept_letters(portal)
        link = await reset_link(portal, account.id)

        async def reset() -> httpx.Response:
            return await portal.post("/auth/reset/password", {"hash": link, "password": FRESH})

        portal.fault.instead[moment] = once(reset, 200)
        assert await leave(portal, bearer) == 503
        portal.fault.instead.clear()
        answer = await portal.post("/auth/login", {"email": EMAIL, "password": FRESH})
        assert answer.status_code == 200
        assert await kept_letters(portal) >= {*before, ("password_changed", EMAIL)}, "nothing was erased"


async def test_of_two_deletions_at_once_both_are_told_that_it_is_done(tmp_path: Path) -> None:
    for moment in ("accounts.reserve_try", "outbox.forget_address"):
        async with a_portal(tmp_path / moment) as portal:
            await portal.a_person(EMAIL)
            bearer = await signed_in(portal)

            async def another(portal: InProcess = portal, bearer: dict[str, str] = bearer) -> httpx.Response:
                return await portal.send("DELETE", "/auth/me", {"currentPassword": PASSWORD}, **bearer)

            portal.fault.instead[moment] = once(another, 204)
            assert await leave(portal, bearer) == 204


async def somebody_confirmed(portal: InProcess) -> dict[str, str]:
    """An account that is there already; the header of its device."""
    hashed = await portal.portal.wiring.hasher.hash(PASSWORD)
    assert await portal.portal.stores.accounts.create(an_account(email=EMAIL, password_hash=hashed))
    return await signed_in(portal)


def links_of(folder: Path, holder: str) -> int:
    """How many tickets that address holds."""
    with closing(sqlite3.connect(folder / "auth-portal.db")) as database:
        found = database.execute("SELECT count(*) FROM tickets WHERE holder = ?", [holder]).fetchone()
    return int(found[0])


@pytest.mark.parametrize("moment", ["accounts.delete", "accounts.reserve_try"])
async def test_whoever_signs_up_next_at_the_address_keeps_link_and_letter(
    tmp_path: Path, moment: str
) -> None:
    async with a_portal(tmp_path, REQUIRE_CONFIRMED_EMAIL="true") as portal:
        bearer = await somebody_confirmed(portal)

        async def sign_up() -> httpx.Response:
            if moment == "accounts.reserve_try":  # another device's deletion made the address free
                assert await leave(portal, bearer) == 204
            return await portal.post("/auth/register", SAID)

        portal.fault.instead[moment] = once(sign_up, 202)
        assert await leave(portal, bearer) == 204
        assert await kept_letters(portal) == {("confirm_email", EMAIL)}
        assert links_of(tmp_path, EMAIL) == 1
