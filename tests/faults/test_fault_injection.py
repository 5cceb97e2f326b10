"""OP12: each port call of each flow fails in turn, before or after it was done: what stays is whole."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from auth_portal.tickets.ticket import Purpose
from tests.faults.portal_in_process import InProcess, a_portal
from tests.rig.person import PASSWORD

FRESH = "violet kettle under snow 7"
MOST_CALLS = 60  # more port calls than any flow makes

pytestmark = [pytest.mark.row("OP12"), pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Guest:
    """Somebody who has just signed up, and a link that was sent to them."""

    portal: InProcess
    email: str
    id: str = ""
    token: str = ""
    refresh_token: str = ""
    link: str = ""

    def take(self, answer: httpx.Response) -> None:
        """Keep the tokens of an answer that brings some."""
        if answer.status_code in {200, 201} and answer.content:
            said = answer.json()
            self.token = said.get("token", self.token)
            self.refresh_token = said.get("refreshToken", self.refresh_token)

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def register(self) -> httpx.Response:
        body = {"firstName": "A", "lastName": "B", "email": self.email, "password": PASSWORD}
        return await self.portal.post("/auth/register", body)

    async def arrive(self) -> None:
        """Sign up."""
        self.take(await self.register())
        self.id = (await self.portal.send("GET", "/auth/me", **self.bearer())).json()["id"]

    async def enters(self, password: str = PASSWORD) -> bool:
        answer = await self.portal.post("/auth/login", {"email": self.email, "password": password})
        assert answer.status_code in {200, 400}, answer.text
        return answer.status_code == 200

    async def lives(self) -> bool:
        """The session is not closed: the same token rotates (a lost answer is repeated inside the grace)."""
        answer = await self.portal.post("/auth/refresh", refresh=self.refresh_token)
        assert answer.status_code in {200, 401}, answer.text
        return answer.status_code == 200

    async def issue(self, purpose: Purpose, **facts: str) -> None:
        """A link, as its letter would bring it."""
        issued = await self.portal.portal.wiring.tickets.issue(purpose, self.id, email=self.email, **facts)
        self.link = issued.token


Prepare = Callable[[Guest], Awaitable[None]]
Act = Callable[[Guest], Awaitable[httpx.Response]]
Look = Callable[[Guest, httpx.Response], Awaitable[None]]


async def nothing(_guest: Guest) -> None:
    """There is nothing to prepare."""


async def a_reset_link(guest: Guest) -> None:
    await guest.issue(Purpose.RESET, epoch="0")


async def a_confirm_link(guest: Guest) -> None:
    await guest.issue(Purpose.CONFIRM, epoch="0")


async def sign_up(guest: Guest) -> httpx.Response:
    guest.email = f"new-{uuid4().hex[:10]}@example.com"
    return await guest.register()


async def signed_up_or_free(guest: Guest, answer: httpx.Response) -> None:
    """Either the account is there with its password, or the address is free."""
    again = await guest.register()
    assert again.status_code in {201, 400}, again.text
    assert answer.status_code != 201 or again.status_code == 400
    assert await guest.enters(), "either way one can sign in now"


async def sign_in(guest: Guest) -> httpx.Response:
    return await guest.portal.post("/auth/login", {"email": guest.email, "password": PASSWORD})


async def enters_and_lives(guest: Guest, _answer: httpx.Response) -> None:
    assert await guest.enters()
    assert await guest.lives(), "an earlier session is not touched"


async def rotate(guest: Guest) -> httpx.Response:
    return await guest.portal.post("/auth/refresh", refresh=guest.refresh_token)


async def still_lives(guest: Guest, _answer: httpx.Response) -> None:
    assert await guest.lives(), "the token that was shown still gets its successor"


async def sign_out(guest: Guest) -> httpx.Response:
    return await guest.portal.post("/auth/logout", refresh=guest.refresh_token)


async def out_at_the_second_try(guest: Guest, answer: httpx.Response) -> None:
    if answer.status_code != 200:
        assert (await sign_out(guest)).status_code == 200
    assert not await guest.lives()


async def reset(guest: Guest) -> httpx.Response:
    return await guest.portal.post("/auth/reset/password", {"hash": guest.link, "password": FRESH})


async def one_password_works(guest: Guest, answer: httpx.Response) -> None:
    """The old one or the new one, never both, never none; the new one only with every session dead."""
    old, new = await guest.enters(PASSWORD), await guest.enters(FRESH)
    assert old != new
    if answer.status_code == 200:
        assert new
    if new:
        assert not await guest.lives()
    spent = await reset(guest)
    if new:
        assert spent.status_code == 400, "and the link is used"


async def change(guest: Guest) -> httpx.Response:
    body = {"currentPassword": PASSWORD, "password": FRESH}
    return await guest.portal.send("PUT", "/auth/me/password", body, **guest.bearer())


async def one_of_two_works(guest: Guest, answer: httpx.Response) -> None:
    old, new = await guest.enters(PASSWORD), await guest.enters(FRESH)
    assert old != new
    if answer.status_code == 200:
        assert new
        assert await guest.lives(), "this device stays"


async def confirm(guest: Guest) -> httpx.Response:
    return await guest.portal.post("/auth/email/confirm", {"hash": guest.link})


async def confirmed_or_may_ask_again(guest: Guest, answer: httpx.Response) -> None:
    account = await guest.portal.portal.stores.accounts.find(guest.id)
    assert account.email_confirmed_at is not None or answer.status_code != 200
    assert (await guest.portal.send("POST", "/auth/email/resend", **guest.bearer())).status_code == 202


async def leave(guest: Guest) -> httpx.Response:
    return await guest.portal.send("DELETE", "/auth/me", {"currentPassword": PASSWORD}, **guest.bearer())


async def gone_or_whole(guest: Guest, answer: httpx.Response) -> None:
    """All of it works or nothing does; what is left of a deleted one the sweep takes."""
    here = await guest.enters()
    assert here == await guest.lives()
    assert not (here and answer.status_code == 204)
    if not here:
        assert (await guest.register()).status_code == 201, "the address is free"


async def forget(guest: Guest) -> httpx.Response:
    return await guest.portal.post("/auth/forgot/password", {"email": guest.email})


async def end_all(guest: Guest) -> httpx.Response:
    return await guest.portal.send("POST", "/auth/logout/all", **guest.bearer())


async def all_ended_at_the_second_try(guest: Guest, answer: httpx.Response) -> None:
    if answer.status_code != 200 and await guest.lives():
        assert (await end_all(guest)).status_code == 200
    assert not await guest.lives()
    assert await guest.enters()


SCENARIOS: dict[str, tuple[Prepare, Act, Look]] = {
    "sign up": (nothing, sign_up, signed_up_or_free),
    "sign in": (nothing, sign_in, enters_and_lives),
    "refresh": (nothing, rotate, still_lives),
    "sign out": (nothing, sign_out, out_at_the_second_try),
    "sign out everywhere": (nothing, end_all, all_ended_at_the_second_try),
    "forgot": (nothing, forget, enters_and_lives),
    "reset": (a_reset_link, reset, one_password_works),
    "change password": (nothing, change, one_of_two_works),
    "confirm": (a_confirm_link, confirm, confirmed_or_may_ask_again),
    "delete": (nothing, leave, gone_or_whole),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_fault_at_any_port_call_leaves_something_whole(tmp_path: Path, name: str) -> None:
    prepare, act, look = SCENARIOS[name]
    async with a_portal(tmp_path) as portal:
        for after in (False, True):
            for number in range(MOST_CALLS):
                guest = Guest(portal, f"guest-{uuid4().hex[:10]}@example.com")
                portal.fault.arm(None)
                await guest.arrive()
                await prepare(guest)
                portal.fault.arm(number, after=after, mistake=number % 2 == 1)
                answer = await act(guest)
                struck = portal.fault.name
                portal.fault.arm(None)
                refused_properly(answer, struck, f"{name}, call {number}, after={after}")
                guest.take(answer)
                await look(guest, answer)
                if not struck:
                    break
            assert number > 0, "at least one call was stopped"
            assert number < MOST_CALLS - 1
    with closing(sqlite3.connect(tmp_path / "auth-portal.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def refused_properly(answer: httpx.Response, struck: str, where: str) -> None:
    """Done nevertheless (the fault struck what may fail in silence), or a 500 or 503 as problem details."""
    if answer.status_code < 400:
        return
    assert struck, f"{where}: {answer.status_code} {answer.text} without a fault"
    assert answer.status_code in {500, 503}, f"{where} ({struck}): {answer.status_code} {answer.text}"
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "of the test" not in answer.text, "the cause stays inside"
