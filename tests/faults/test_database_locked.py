"""OP3: somebody else holds a lock: changes wait, then are refused for good; reads go on."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.conftest import StartPortal
from tests.faults.asking import is_back, not_now
from tests.rig.postgres import run_sql
from tests.rig.server import Portal

HELD_SECONDS = 10  # longer than the writer waits
STORM = os.environ.get("STORM_SCALE") == "1"

pytestmark = [pytest.mark.row("OP3"), pytest.mark.timeout(300)]


@contextmanager
def a_foreign_writer(portal: Portal) -> Iterator[sqlite3.Connection]:
    """Somebody's own script in the middle of a transaction, without anything written yet."""
    file = portal.folder / "auth-portal.db"
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        if other.in_transaction:
            other.execute("ROLLBACK")


def test_a_short_lock_only_makes_changes_wait(start_portal: StartPortal) -> None:
    portal = start_portal()
    person = portal.a_person()
    with a_foreign_writer(portal) as other:
        release = threading.Timer(1.0, lambda: other.execute("ROLLBACK"))
        release.start()
        began = time.monotonic()
        answer = person.device.refresh()
        waited = time.monotonic() - began
        release.join()
    assert answer.status_code == 200, answer.text
    assert waited > 0.5, "it did wait for the lock"
    assert is_back(person.device)


def test_a_long_lock_is_a_503_that_changes_nothing_while_reads_go_on(start_portal: StartPortal) -> None:
    portal = start_portal()
    people = [portal.a_person() for _ in range(3)]
    answers = []
    with a_foreign_writer(portal):
        began = time.monotonic()
        asking = [
            threading.Thread(target=lambda one=person: answers.append(one.device.refresh()))
            for person in people
        ]
        for thread in asking:
            thread.start()
        while any(thread.is_alive() for thread in asking):
            assert people[0].device.me().status_code == 200, "reads need no lock"
            time.sleep(0.2)
        for thread in asking:
            thread.join()
        if STORM:
            time.sleep(max(0.0, HELD_SECONDS - (time.monotonic() - began)))
    assert len(answers) == len(people)
    assert all(not_now(answer) for answer in answers)
    for person in people:
        assert is_back(person.device), "the same token works: nothing was advanced"
        assert len(person.device.sessions()) == 1


def test_a_change_that_was_answered_503_is_not_applied_when_the_lock_is_gone(
    empty_postgresql: str, start_portal: StartPortal
) -> None:
    """Else the rotation comes true long after the answer, and the same token is taken for a stolen one."""
    portals = [
        start_portal(DATABASE_URL=empty_postgresql, REFRESH_GRACE="1s", DATABASE_STATEMENT_CACHE=kept)
        for kept in ("100", "0")
    ]
    people = [portal.a_person() for portal in portals]
    lock = "BEGIN; SELECT id FROM sessions FOR UPDATE; SELECT pg_sleep(7); COMMIT"
    foreign = threading.Thread(target=run_sql, args=(empty_postgresql, lock))
    foreign.start()
    time.sleep(0.5)
    answers = []
    asking = [
        threading.Thread(target=lambda one=person: answers.append(one.device.refresh())) for person in people
    ]
    for thread in asking:
        thread.start()
    for thread in (*asking, foreign):
        thread.join()
    assert len(answers) == len(people)
    assert all(not_now(answer) for answer in answers)
    time.sleep(1.2)  # a rotation that came true would be older than the grace now
    assert all(is_back(person.device) for person in people), "the same token works: nothing was advanced"
