"""Refresh tokens under attack (RF rows): racing sign-outs, garbage, endurance, death at the commit."""

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from tests.conftest import StartPortal
from tests.rig.answers import the_401
from tests.rig.crowd import Ask, Crowd, at_once, refresh
from tests.rig.meter import memory
from tests.rig.rows import contents, settled, sizes
from tests.rig.scale import scaled
from tests.rig.server import Portal
from tests.rig.wire import head, line

LOGOUT_RACES = scaled(10, 500)
ROTATIONS = scaled(400, 10_000)
KILLS = scaled(2, 20)


@pytest.mark.row("RF10")
@pytest.mark.timeout(3600)
def test_a_sign_out_beats_every_refresh_beside_it(portal: Portal) -> None:
    """GHSA-392p-2q2v-4372: whichever comes first, in the end the session is closed."""
    person = portal.a_person()
    for number in range(LOGOUT_RACES):
        device = person.another_device(f"device {number}")
        asks = [refresh(device.refresh_token)] * 8
        by_access = Ask("POST", "/auth/logout", {"Authorization": f"Bearer {device.token}"})
        by_refresh = Ask("POST", "/auth/logout", {"refresh": device.refresh_token})
        asks.insert(number % 9, by_access if number % 2 else by_refresh)
        answers = at_once([portal.url], asks)
        assert {answer.status for answer in answers} <= {200, 401}
        assert answers[number % 9].status == 200
        for answer in answers:
            if answer.body and answer.status == 200:
                the_401(device.refresh(answer.json["refreshToken"]))
                device.token = answer.json["token"]
                the_401(device.me())
        assert device.signed_out()
    assert person.device.signed_in()


@pytest.mark.row("RF14")
def test_garbage_is_refused_and_changes_nothing(start_portal: StartPortal) -> None:
    portal = start_portal()
    person = portal.a_person()
    portal.letters.wait(person.email)
    device, stranger = person.device, portal.device()
    genuine = device.refresh_token
    other, another = ("A" if genuine[place] != "A" else "Q" for place in (-1, 10))
    texts = [
        "x",
        "aprt_",
        "aprt_" + "A" * (len(genuine) - 5),
        genuine[:-1],
        genuine + "A",
        genuine[:-1] + other,
    ]
    texts += [
        genuine.upper(),
        genuine[:10] + another + genuine[11:],
        "' OR 1=1 --",
        "aprt_'; DROP TABLE sessions;--",
    ]
    texts += [genuine + "=", genuine.replace("aprt_", "APRT_"), genuine.removeprefix("aprt_"), "{}", "null"]
    settled(portal)
    before = contents(portal)
    for text in texts:
        for path in ("/auth/refresh", "/auth/info-session"):
            the_401(stranger.post(path, headers={"refresh": text}))
            the_401(stranger.post(path, {"refreshToken": text}))
            the_401(stranger.post(path, headers={"Cookie": f"refreshToken={text.replace(';', '')}"}))
    the_401(stranger.post("/auth/refresh", {"refreshToken": genuine + "\n"}))
    junk: list[object] = [[genuine], {"$gt": ""}, {"a": genuine}, 1, True, [[]]]
    for value in junk:
        answer = stranger.post("/auth/refresh", {"refreshToken": value})
        assert answer.status_code == 400, answer.text
        assert "refreshToken" in answer.json()["errors"]
    assert stranger.post("/auth/refresh", {"refreshToken": "\0"}).status_code == 400
    assert stranger.post("/auth/refresh", {"refreshToken": "x" * 1_000_000}).status_code == 413
    assert stranger.post("/auth/refresh", headers={"refresh": "x" * 20_000}).status_code == 401
    both = stranger.post("/auth/refresh", {"refreshToken": genuine}, headers={"refresh": "x"})
    assert both.status_code == 400
    assert both.json()["code"] == "refresh_tokens_differ"
    assert contents(portal) == before, "junk must not write anything"
    assert device.refresh().status_code == 200


@pytest.mark.row("RF17")
@pytest.mark.timeout(3600)
def test_rotating_for_ever_leaves_no_rows_behind(start_portal: StartPortal) -> None:
    portal = start_portal()
    person = portal.a_person()
    portal.letters.wait(person.email)
    token = asyncio.run(rotate(portal, person.device.refresh_token, 100))
    before, weight = sizes(portal), memory(portal)
    person.device.refresh_token = asyncio.run(rotate(portal, token, ROTATIONS))
    assert sizes(portal) == before
    assert memory(portal) - weight < 32 * 1024 * 1024
    assert person.device.info().status_code == 200
    assert person.device.refresh().status_code == 200
    assert len(person.device.sessions()) == 1


async def rotate(portal: Portal, token: str, times: int) -> str:
    """So many rotations, each with the token of the one before; returns the last one."""
    async with Crowd([portal.url], 1) as crowd:
        for _ in range(times):
            (answer,) = await crowd.ask(refresh(token))
            assert answer.status == 200
            assert answer.json["refreshToken"] != token
            token = answer.json["refreshToken"]
    return token


@pytest.mark.row("RF18")
@pytest.mark.timeout(3600)
def test_a_rotation_whose_answer_died_with_the_server_can_be_asked_again(start_portal: StartPortal) -> None:
    """SIGKILL as soon as the change is seen in the file; the answer is never read."""
    portal = start_portal()
    person = portal.a_person()
    device = person.device
    for number in range(KILLS):
        shown, before = device.refresh_token, generation(portal)
        request = head(portal, "POST /api/auth/refresh", f"refresh: {shown}", "Content-Length: 0")
        with line(portal) as wire:
            wire.sendall(request)
            deadline = time.monotonic() + 30
            while generation(portal) == before and time.monotonic() < deadline:
                time.sleep(0.001)
            portal.kill()
        assert generation(portal) == before + 1, f"round {number}: the rotation was not committed"
        portal.start()
        assert device.refresh(shown).status_code == 200, f"round {number}: within the grace it is answered"
        assert device.refresh_token != shown
        assert device.signed_in()
        assert len(device.sessions()) == 1


def generation(portal: Portal) -> int:
    """That of the only session."""
    with closing(sqlite3.connect(f"file:{portal.folder / 'auth-portal.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT generation FROM sessions").fetchone()[0])
