"""Password or address has changed and a later call fails: the others are tried, the owner is told (OP12)."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from auth_portal.accounts.account import Account
from auth_portal.core.refusal import unavailable
from auth_portal.tickets.ticket import Purpose
from tests.faults.portal_in_process import PASSWORD, InProcess, a_portal

FRESH = "quiet lantern over moss 9"
MOVED = "augusta@example.net"

pytestmark = [pytest.mark.row("OP12"), pytest.mark.anyio]


@pytest.fixture
def anyio_backend() -> str:
    """The one the server runs on."""
    return "asyncio"


class Request(NamedTuple):
    """A change that only has to be asked for."""

    method: str
    path: str
    body: dict[str, str]
    token: str = ""


Prepare = Callable[[InProcess, Account], Awaitable[Request]]


async def an_address(portal: InProcess, account: Account) -> Request:
    """The link in the letter to the new address."""
    facts = {"old": account.email or "", "new": MOVED, "epoch": str(account.epoch)}
    issued = await portal.portal.wiring.tickets.issue(Purpose.CHANGE_EMAIL, account.id, **facts)
    return Request("POST", "/auth/email/confirm", {"hash": issued.token})


async def a_password(portal: InProcess, account: Account) -> Request:
    """While signed in."""
    said = {"email": account.email, "password": PASSWORD}
    token = (await portal.post("/auth/login", said)).json()["token"]
    return Request("PUT", "/auth/me/password", {"currentPassword": PASSWORD, "password": FRESH}, token)


async def a_reset(portal: InProcess, account: Account) -> Request:
    """The link in the letter to whoever forgot the password."""
    facts = {"email": account.email or "", "epoch": str(account.epoch)}
    issued = await portal.portal.wiring.tickets.issue(Purpose.RESET, account.id, **facts)
    return Request("POST", "/auth/reset/password", {"hash": issued.token, "password": FRESH})


CHANGES: dict[str, tuple[Prepare, str, str]] = {
    "address": (an_address, "email_changed", "email_changed"),
    "password": (a_password, "password_changed", "password_changed"),
    "reset": (a_reset, "password_changed", "password_reset"),
}
"""How it is prepared, the letter that tells of it, the event."""

AFTERWARDS = [
    *((change, call) for change in CHANGES for call in ("tickets.void", "journal.append", "outbox.post")),
    ("password", "sessions.restamp"),
    ("reset", "devices.forget"),
]


async def has_changed(portal: InProcess, account: Account, change: str) -> bool:
    """It was committed."""
    now = await portal.portal.stores.accounts.find(account.id)
    assert now is not None
    return now.email == MOVED if change == "address" else now.password_hash != account.password_hash


@pytest.mark.parametrize("mistake", [False, True], ids=["refusal", "mistake"])
@pytest.mark.parametrize(("change", "call"), AFTERWARDS)
async def test_whatever_fails_after_the_change_the_rest_is_done(
    tmp_path: Path, change: str, call: str, mistake: bool
) -> None:
    prepare, letter, event = CHANGES[change]

    async def failing(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("of the test") if mistake else unavailable("of the test")

    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person()
        asked = await prepare(portal, account)
        await portal.portal.wiring.tickets.issue(Purpose.RESET, account.id, email="", epoch="")
        portal.fault.instead[call] = failing
        headers = {"Authorization": f"Bearer {asked.token}"} if asked.token else {}
        answer = await portal.send(asked.method, asked.path, asked.body, **headers)
        portal.fault.instead.clear()
        assert answer.status_code == (500 if mistake else 503)
        assert await has_changed(portal, account, change)
        assert await portal.posted(letter) == (0 if call == "outbox.post" else 1)
        assert (event in await portal.events(account)) == (call != "journal.append")
        links = await portal.portal.stores.tickets.void(account.id, (Purpose.RESET,))
        assert links == (1 if call == "tickets.void" else 0)
