"""MongoDB is killed under a running portal: 503 while it is away, everything there when it is back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.rig import mongo
from tests.rig.person import Person
from tests.rig.server import Portal

WHY = mongo.why_untested()
pytestmark = [
    pytest.mark.skipif(WHY is not None, reason=str(WHY)),
    pytest.mark.skipif(mongo.OVERRIDE in mongo.os.environ, reason="a server that is not ours is not killed"),
    pytest.mark.timeout(300),
]
SECONDS = 60


@pytest.fixture
def server(tmp_path: Path) -> Iterator[mongo.OwnServer]:
    """A MongoDB of the test's own."""
    with mongo.own_server(tmp_path / "mongodb") as running:
        yield running


def until_ready(portal: Portal) -> None:
    """It finds the database again by itself."""
    deadline = time.monotonic() + SECONDS
    while not portal.ready():
        assert time.monotonic() < deadline, portal.log()[-3000:]
        time.sleep(0.1)


def test_while_it_is_away_the_answer_is_503_and_nobody_is_signed_out(
    server: mongo.OwnServer, start_portal: Callable[..., Portal]
) -> None:
    portal = start_portal({"DATABASE_URL": f"{server.url}/portal"})
    person = portal.a_person()
    device, refresh_token = person.device, person.device.refresh_token
    server.kill()
    for answer in (
        device.me(),
        device.refresh(),
        device.info(),
        portal.device().login(person.email, person.password),
    ):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert str(server.port) not in answer.text, "no internals"
    assert not portal.ready()
    server.start()
    until_ready(portal)
    assert device.me().status_code == 200
    assert device.refresh(refresh_token).status_code == 200
    assert portal.device().login(person.email, person.password).status_code == 200


def test_what_was_acknowledged_is_there_after_the_database_was_killed(
    server: mongo.OwnServer, start_portal: Callable[..., Portal]
) -> None:
    portal = start_portal({"DATABASE_URL": f"{server.url}/portal"})
    for _ in range(3):
        people = [portal.a_person() for _ in range(4)]
        for person in people:
            assert person.device.refresh().status_code == 200
        assert people[0].device.logout().status_code == 200
        server.kill()
        server.start()
        until_ready(portal)
        assert people[0].device.refresh().status_code == 401, "who was signed out stays so"
        for person in people[1:]:
            assert person.device.me().status_code == 200
            assert person.device.refresh().status_code == 200
        for person in people:
            assert portal.device().login(person.email, person.password).status_code == 200


def test_a_server_that_stood_still_longer_than_the_grace_ends_no_session(
    server: mongo.OwnServer, start_portal: Callable[..., Portal]
) -> None:
    """What it was asked meanwhile it carries out afterwards, when nobody waits for it any more."""
    portal = start_portal({"DATABASE_URL": f"{server.url}/portal"}, REFRESH_GRACE="2s")
    people = [portal.a_person() for _ in range(4)]

    def refresh_until_refused(person: Person) -> int:
        for _ in range(100):
            answer = person.device.refresh()
            if answer.status_code != 200:
                break
        return answer.status_code

    with ThreadPoolExecutor(len(people)) as pool:
        refreshing = [pool.submit(refresh_until_refused, person) for person in people]
        time.sleep(0.3)
        server.hang()
        assert [one.result() for one in refreshing] == [503] * len(people)
    server.go_on()
    until_ready(portal)
    time.sleep(2.2)
    assert [person.device.refresh().status_code for person in people] == [200] * len(people)
