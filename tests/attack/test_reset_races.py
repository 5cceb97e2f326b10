"""RF11: whatever was proved before a reset, a disabling or a deletion opens nothing after it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.rig.answers import the_401
from tests.rig.crowd import Answer, Ask, at_once, refresh
from tests.rig.databases import ENGINES
from tests.rig.person import Person
from tests.rig.scale import scaled
from tests.rig.server import REAL_HASHES, Portal

ROUNDS = scaled(2, 500)
BESIDE = 6
FRESH = "another quiet harbour 43"

pytestmark = [pytest.mark.row("RF11"), pytest.mark.timeout(7200)]
Answers = list[tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module", params=sorted(ENGINES, reverse=True))
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A server on each database whose hashes take their time: that is what one gets beside."""
    with ENGINES[str(request.param)]() as settings:
        racing = Portal(tmp_path_factory.mktemp("racing"), {**settings, **REAL_HASHES}).start()
        yield racing
        racing.stop()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The same, on SQLite only."""
    racing = Portal(tmp_path_factory.mktemp("racing-alone"), REAL_HASHES).start()
    yield racing
    racing.stop()


def reset(person: Person) -> Ask:
    """A new password by mail."""
    return Ask("POST", "/auth/reset/password", {}, {"hash": person.ask_for_reset(), "password": FRESH})


def delete(person: Person) -> Ask:
    """The owner deletes the account."""
    token = {"Authorization": f"Bearer {person.device.token}"}
    return Ask("DELETE", "/auth/me", token, {"currentPassword": person.password})


def nothing_lives(portal: Portal, answers: Answers) -> None:
    """Neither token of any of these answers opens anything."""
    for status, said in answers:
        assert status in {200, 400, 401, 503}, status
        if status == 200:
            device = portal.device()
            device.token, device.refresh_token = said["token"], said["refreshToken"]
            the_401(device.me())
            the_401(device.refresh())


def read(volley: list[Answer]) -> Answers:
    """Status and body of the answers of a volley."""
    return [(answer.status, answer.json if answer.body else {}) for answer in volley]


@pytest.mark.parametrize("end", [reset, delete])
def test_no_refresh_and_no_sign_in_beside_it_outlives_it(
    portal: Portal, end: Callable[[Person], Ask]
) -> None:
    for number in range(ROUNDS):
        person = portal.a_person(confirmed=True)
        phone = person.another_device("phone")
        old = Ask("POST", "/auth/login", {}, {"email": person.email, "password": person.password})
        asks = [old, refresh(phone.refresh_token)] * (BESIDE // 2)
        place = number % (BESIDE + 1)
        asks.insert(place, end(person))
        answers = read(at_once([portal.url], asks))
        assert answers.pop(place)[0] in {200, 204}
        nothing_lives(portal, answers)
        assert person.device.signed_out()
        assert phone.signed_out()
        assert portal.device().login(person.email, person.password).status_code == 400


def test_no_sign_in_beside_a_disabling_outlives_it(alone: Portal) -> None:
    """The operator's command runs while the old password is tried again and again."""
    for _ in range(scaled(1, 500)):
        person = alone.a_person()
        body = {"email": person.email, "password": person.password}
        answers: Answers = []
        with ThreadPoolExecutor(1) as pool:
            disabling = pool.submit(alone.run, "user", "disable", person.email)
            while not disabling.done():
                asks = [Ask("POST", "/auth/login", {}, body)] * 2
                answers += read(at_once([alone.url], asks))
            disabling.result()
        assert any(status == 200 for status, _ in answers), "none of them was beside it"
        nothing_lives(alone, answers)
        assert person.device.signed_out()
