"""Deleting an account is cut short, and so is the sweep that would finish it: in the end nothing is left."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from auth_portal.core.refusal import Refusal
from auth_portal.profile.delete import Erase
from auth_portal.sweep import Sweep
from auth_portal.tickets.ticket import Purpose
from tests.faults.portal_in_process import InProcess, a_portal
from tests.faults.test_fault_injection import Guest, leave
from tests.ports.builders import a_letter

MOST_CALLS = 60  # more port calls than a deletion or a sweep makes
TRACES = {
    "accounts": "SELECT count(*) FROM accounts WHERE id = :id",
    "sessions": "SELECT count(*) FROM sessions WHERE account_id = :id",
    "devices": "SELECT count(*) FROM devices WHERE account_id = :id",
    "tickets": "SELECT count(*) FROM tickets WHERE holder IN (:id, :email)",
    "letters": "SELECT count(*) FROM letters WHERE recipient = :email OR account_id = :id",
    "events": "SELECT count(*) FROM events WHERE account_id = :id AND (ip <> '' OR facts <> '{}')",
}

pytestmark = [pytest.mark.row("OP12"), pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def traces(folder: Path, guest: Guest) -> dict[str, int]:
    """What is still there of the person, by room."""
    with closing(sqlite3.connect(folder / "auth-portal.db")) as database:
        facts = {"id": guest.id, "email": guest.email}
        found = {room: database.execute(text, facts).fetchone()[0] for room, text in TRACES.items()}
    return {room: count for room, count in found.items() if count}


def two_hours_later(portal: InProcess) -> Sweep:
    """The sweep of later on, on ports that may fail."""
    made = portal.portal.wiring.sweep
    stores, clock = portal.portal.stores, made.clock
    erase = Erase(stores.sessions, stores.devices, stores.tickets, stores.outbox, stores.journal)
    return replace(made, stores=stores, erase=erase, clock=lambda: clock() + timedelta(hours=2))


async def a_guest(portal: InProcess) -> Guest:
    """Somebody with letters to two addresses, a link and a session."""
    guest = Guest(portal, f"guest-{uuid4().hex[:10]}@example.com")
    await guest.arrive()
    await guest.issue(Purpose.RESET, epoch="0")
    await portal.portal.stores.outbox.post(a_letter(recipient=f"new.{guest.email}", account_id=guest.id))
    return guest


async def test_the_sweep_finishes_a_deletion_that_was_cut_short_anywhere(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        for number in range(MOST_CALLS):
            guest = await a_guest(portal)
            await portal.portal.stores.outbox.post(a_letter(recipient=guest.email, account_id=None))
            portal.fault.arm(number)
            await leave(guest)
            struck = portal.fault.name
            portal.fault.arm(None)
            if not await guest.enters():
                await two_hours_later(portal)()
                assert traces(tmp_path, guest) == {}, f"cut short at {struck}"
            if not struck:
                return
    raise AssertionError("every call was stopped")


async def test_a_sweep_that_was_cut_short_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        for number in range(MOST_CALLS):
            guest = await a_guest(portal)
            portal.fault.arm(None)
            account = await portal.portal.stores.accounts.find(guest.id)
            assert await portal.portal.stores.accounts.delete(guest.id, account.created_at)
            portal.fault.arm(number)
            with suppress(Refusal):
                await two_hours_later(portal)()
            struck = portal.fault.name
            portal.fault.arm(None)
            await two_hours_later(portal)()
            assert traces(tmp_path, guest) == {}, f"cut short at {struck}"
            if not struck:
                return
    raise AssertionError("every call was stopped")


async def test_a_round_that_fails_for_a_reason_nobody_foresaw_is_not_the_last(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        guest = await a_guest(portal)
        await leave(guest)
        portal.fault.arm(0, mistake=True)
        sweeping = asyncio.create_task(replace(two_hours_later(portal), every=0.0).forever())
        for _ in range(200):
            await asyncio.sleep(0.01)
            if not traces(tmp_path, guest) and portal.fault.name:
                break
        sweeping.cancel()
        assert portal.fault.name
        assert traces(tmp_path, guest) == {}
        assert not sweeping.done() or sweeping.cancelled()
