"""Forgetting the password, and setting a new one by mail."""

import asyncio

import pytest

from tests.conftest import StartPortal
from tests.rig.crowd import Ask, Crowd
from tests.rig.server import REAL_HASHES, Portal

FRESH = "another quiet harbour 43"


@pytest.mark.row("OL12")
def test_reset_ends_every_session_and_tells_the_person(portal: Portal) -> None:
    person = portal.a_person(confirmed=True)
    person.another_device("Phone")
    old = person.password
    assert person.reset(FRESH).status_code == 200
    assert all(device.signed_out() for device in person.devices)
    assert portal.device().login(person.email, old).status_code == 400
    assert person.another_device().signed_in()
    assert portal.letters.wait(person.email, count=3), "told that the password was changed"


@pytest.mark.row("OL1")
def test_of_fifty_parallel_resets_with_one_link_one_works(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database, **REAL_HASHES)
    person = portal.a_person()
    token = person.ask_for_reset()
    passwords = [f"quiet harbour number {number}" for number in range(20)]
    asks = [Ask("POST", "/auth/reset/password", {}, {"hash": token, "password": one}) for one in passwords]

    async def volley() -> list[int]:
        async with Crowd([portal.url], len(asks)) as crowd:
            return [answer.status for answer in await crowd.ask(*asks)]

    statuses = asyncio.run(volley())
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 400, 503}
    assert portal.device().login(person.email, passwords[statuses.index(200)]).status_code == 200


@pytest.mark.row("OL2")
def test_a_link_works_for_half_an_hour(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database)
    person = portal.a_person()
    token = person.ask_for_reset()
    portal.move_clock(30 * 60 + 1)
    assert person.reset(FRESH, token).status_code == 400


def test_a_weak_password_does_not_cost_the_link(portal: Portal) -> None:
    person = portal.a_person()
    token = person.ask_for_reset()
    assert person.reset("short", token).status_code == 400
    assert person.reset(FRESH, token).status_code == 200


def test_a_confirm_link_resets_nothing(portal: Portal) -> None:
    person = portal.a_person()
    token = portal.letters.hash(person.email, "Confirm email")
    assert person.reset(FRESH, token).status_code == 400
    assert person.device.post("/auth/email/confirm", {"hash": token}).status_code == 200


@pytest.mark.row("OL13")
def test_a_squatter_is_put_out_by_the_owner_s_reset(portal: Portal) -> None:
    squatter = portal.a_person()
    token = squatter.ask_for_reset()
    assert squatter.reset(FRESH, token).status_code == 200
    assert squatter.device.signed_out()
    owner = portal.device()
    assert owner.login(squatter.email, FRESH).status_code == 200
    assert owner.me().json()["emailVerified"] is True
