"""OP6, OP7: SIGTERM under load answers what was begun; a rolling restart of two loses nothing."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartPortal
from tests.faults.asking import is_back, until
from tests.rig.crowd import Answer, Ask, Crowd
from tests.rig.person import Device, Person
from tests.rig.postgres import migrated_database
from tests.rig.proxy import Proxy
from tests.rig.server import REAL_HASHES, Portal
from tests.rig.smtp import Relay
from tests.rig.valkey import a_valkey

STORM = os.environ.get("STORM_SCALE") == "1"
LOGINS = 16
ENDED = {0, -signal.SIGTERM}  # the server ends by the signal that asked for it, after its work
LONGEST_STOP = 10.0  # seconds, as SECURITY.md wants it
REQUESTS = 50_000 if STORM else 300
CLIENTS = 8 if STORM else 4
HALF_A_SIGN_IN = (
    b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
)

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


async def logins_while_it_stops(portal: Portal, person: Person) -> list[Answer]:
    """Many sign-ins at once on accepted connections; SIGTERM when the server has begun with all of them."""
    body = {"email": person.email, "password": person.password}
    me = Ask("GET", "/auth/me", {"Authorization": f"Bearer {person.device.token}"})
    async with Crowd([portal.url], LOGINS) as crowd, Crowd([portal.url], 1) as other:
        assert {answer.status for answer in await crowd.ask(*[me] * LOGINS)} == {200}
        asked = asyncio.ensure_future(crowd.ask(*[Ask("POST", "/auth/login", {}, body)] * LOGINS))
        for _ in range(3):  # asked after them, so read after them
            assert (await other.ask(me))[0].status == 200
        assert portal.process is not None
        portal.process.send_signal(signal.SIGTERM)
        return await asked


@pytest.mark.row("OP6")
def test_sigterm_answers_what_was_begun(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database, **REAL_HASHES)
    person = portal.a_person()
    answers = asyncio.run(logins_while_it_stops(portal, person))
    began = time.monotonic()
    assert portal.stop() in ENDED
    assert time.monotonic() - began <= LONGEST_STOP
    assert [answer.status for answer in answers] == [200] * LOGINS
    portal.start()
    for answer in answers:
        device = portal.device()
        device.token, device.refresh_token = answer.json["token"], answer.json["refreshToken"]
        assert device.signed_in(), "what was answered holds"


@pytest.mark.row("OP6")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_request_that_does_not_end_and_a_relay_that_hangs_are_waited_for_at_once(
    workers: str, start_portal: StartPortal
) -> None:
    relay = Relay(mood="hang")
    settings = {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(relay.port), "MAIL_DEFAULT_EMAIL": "a@example.com"}
    with relay.open():
        portal = start_portal(**settings, WORKERS=workers, cold=workers != "1")
        portal.a_person()
        until(lambda: relay.asked > 0)
        with socket.create_connection(("127.0.0.1", portal.port)) as slow:
            slow.sendall(HALF_A_SIGN_IN)
            time.sleep(0.3)
            began = time.monotonic()
            assert portal.stop() in ENDED
            assert time.monotonic() - began <= LONGEST_STOP
    assert "stopped while sending" in portal.log(), "its letter was let go of, for the next start"


@dataclass
class Load:
    """What the clients of a rolling restart saw; `lost` names every answer that was not a 200."""

    url: str
    answered: int = 0
    restarts: int = 0
    lost: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, person: Person) -> None:
        """Me, info and rotations, one after another, until told to end."""
        device = Device(httpx.Client(base_url=f"{self.url}/api", timeout=60))
        device.token, device.refresh_token = person.device.token, person.device.refresh_token
        number = 0
        while not self.over.is_set():
            number += 1
            ask = (device.me, device.me, device.info, device.refresh)[number % 4]
            try:
                answer = ask()
            except httpx.TransportError as fault:
                self.lost.append(repr(fault))
                continue
            if answer.status_code != 200:
                self.lost.append(f"{answer.request.url.path}: {answer.status_code} {answer.text[:200]}")
            elif "email" in answer.json() and answer.json()["email"] != person.email:
                self.lost.append(f"somebody else's answer: {answer.text}")
            self.answered += 1
        person.device.token, person.device.refresh_token = device.token, device.refresh_token


@pytest.mark.row("OP7")
@pytest.mark.timeout(7200)
def test_a_rolling_restart_of_two_instances_loses_nothing(start_portal: StartPortal, tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    with a_valkey(tmp_path / "valkey") as valkey, migrated_database() as database:
        one = start_portal(DATABASE_URL=database, REDIS_URL=valkey.url, RATE_LIMITS="on")
        other = one.sibling()
        try:
            other.start()
            people = [one.a_person() for _ in range(CLIENTS)]
            with Proxy([one.url, other.url]).open() as proxy:
                load = roll(proxy, (one, other), people)
            said = f"{load.answered} requests over {load.restarts} restarts, {len(load.lost)} lost"
            sys.stdout.write(f"\n{said}\n")
            assert load.lost == []
            assert load.answered >= REQUESTS
            assert all(is_back(person.device) for person in people)
        finally:
            other.kill()


def roll(proxy: Proxy, instances: tuple[Portal, Portal], people: list[Person]) -> Load:
    """Under load, in turn: out of the proxy, SIGTERM, start, ready, back in; to the last request."""
    load = Load(proxy.url)
    clients = [threading.Thread(target=load.run, args=(person,)) for person in people]
    for client in clients:
        client.start()
    try:
        for portal in cycle(instances):
            if load.answered >= REQUESTS and load.restarts >= len(instances):
                break
            before = load.answered
            proxy.drain(portal.url)
            assert portal.stop() in ENDED
            portal.start()
            proxy.admit(portal.url)
            load.restarts += 1
            until(lambda seen=before: load.answered > seen + 20)
    finally:
        load.over.set()
        for client in clients:
            client.join()
    return load
