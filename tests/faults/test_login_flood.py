"""OP11: two hundred sign-ins at once: slots, a bounded queue, then 503; memory bounded; others are served."""

import asyncio
import os
import sys
import threading
import time

import psutil
import pytest

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.crowd import Ask, Crowd, at_once
from tests.rig.server import REAL_HASHES, Portal

FLOOD = 200
SLOTS = 2
QUEUE = 40
HASH_MIB = 19
MARGIN_MIB = 48  # 200 connections with their buffers, and what the allocator keeps

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


def memory(portal: Portal) -> float:
    """Resident MiB of the process."""
    assert portal.process is not None
    return float(psutil.Process(portal.process.pid).memory_info().rss) / 2**20


@pytest.mark.row("OP11")
@pytest.mark.skipif(os.name != "posix", reason="reads the process's memory")
def test_a_flood_of_sign_ins_is_bounded_and_others_are_served(start_portal: StartPortal) -> None:
    portal = start_portal(
        PASSWORD_HASH_SLOTS=str(SLOTS), PASSWORD_HASH_QUEUE=str(QUEUE), cold=True, **REAL_HASHES
    )
    person = portal.a_person()
    base = memory(portal)
    seen, peak, over = [], [base], threading.Event()

    def look() -> None:
        while not over.is_set():
            began = time.perf_counter()
            assert person.device.me().status_code == 200
            seen.append(time.perf_counter() - began)
            peak.append(memory(portal))

    looking = threading.Thread(target=look)
    looking.start()
    sign_in = Ask("POST", "/auth/login", {}, {"email": person.email, "password": person.password})
    answers = at_once([portal.url], [sign_in] * FLOOD)
    over.set()
    looking.join()
    statuses = [answer.status for answer in answers]
    served = sorted(seen)
    sys.stdout.write(
        f"\n{FLOOD} sign-ins at once: {statuses.count(200)} in, {statuses.count(503)} put off; "
        f"{base:.0f} MiB before, {max(peak):.0f} at most; me: {len(seen)} answers, "
        f"p50 {served[len(served) // 2] * 1000:.0f} ms, p99 {served[int(len(served) * 0.99)] * 1000:.0f} ms\n"
    )
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= QUEUE, "those who found a place were served"
    assert max(peak) <= base + SLOTS * HASH_MIB + MARGIN_MIB
    assert person.another_device().signed_in(), "and it goes on"


@pytest.mark.row("OP11")
def test_who_finds_no_place_costs_no_write(start_portal: StartPortal) -> None:
    portal = start_portal(PASSWORD_HASH_SLOTS="1", PASSWORD_HASH_QUEUE="1", **REAL_HASHES)
    person = portal.a_person()
    sign_in = Ask("POST", "/auth/login", {}, {"email": person.email, "password": person.password})

    async def flood() -> list[int]:
        async with Crowd([portal.url], 8) as crowd:
            return [answer.status for _ in range(60) for answer in await crowd.ask(*[sign_in] * 8)]

    before = changes(portal)
    statuses = asyncio.run(flood())
    put_off = statuses.count(503)
    assert put_off > len(statuses) / 2
    assert changes(portal) - before < 6 * statuses.count(200) + put_off / 2


def changes(portal: Portal) -> int:
    """Changes of SQLite's writer since the server started."""
    name = 'auth_portal_database_total{kind="changes"} '
    lines = ask.get(f"{portal.url}/metrics").text.splitlines()
    return int(float(next(line for line in lines if line.startswith(name)).removeprefix(name)))


@pytest.mark.row("OP11")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_hashing_steps_back_behind_everybody_elses_requests(start_portal: StartPortal) -> None:
    portal = start_portal(PASSWORD_HASH_SLOTS=str(SLOTS), **REAL_HASHES)
    portal.a_person()
    assert portal.process is not None
    server = psutil.Process(portal.process.pid)
    nice = {thread.id: os.getpriority(os.PRIO_PROCESS, thread.id) for thread in server.threads()}
    loops = nice.pop(server.pid)
    assert max(nice.values()) == min(19, loops + 5), "the event loop comes first"
