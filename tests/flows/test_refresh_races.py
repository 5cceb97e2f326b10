"""Staying signed in while many requests show the same refresh token at the same instant."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.rig.crowd import Crowd, refresh
from tests.rig.person import Person
from tests.rig.scale import scaled, spared
from tests.rig.server import Portal

ROUNDS, SPARED_ROUNDS, STORM_ROUNDS = 10, 5, 1000
PARALLEL = 100


async def race(urls: Sequence[str], person: Person, settings: Mapping[str, str]) -> None:
    """In each round all show the same token; each round goes on with its one successor."""
    token = person.device.refresh_token
    async with Crowd(urls, PARALLEL) as crowd:
        for number in range(spared(settings, scaled(ROUNDS, STORM_ROUNDS), SPARED_ROUNDS)):
            answers = await crowd.ask(*[refresh(token)] * PARALLEL)
            assert {answer.status for answer in answers} == {200}, f"round {number}"
            successors = {answer.json["refreshToken"] for answer in answers}
            assert len(successors) == 1, f"round {number}: {len(successors)} successors"
            assert token not in successors
            token = successors.pop()
    person.device.refresh_token = token


@pytest.mark.row("RF3")
@pytest.mark.timeout(3600)
def test_a_hundred_at_once_have_one_successor(portal: Portal) -> None:
    person = portal.a_person()
    asyncio.run(race([portal.url], person, portal.settings))
    assert person.device.refresh().status_code == 200
    assert person.device.signed_in()
    assert len(person.device.sessions()) == 1


@pytest.mark.row("OP8")
@pytest.mark.timeout(3600)
def test_a_hundred_at_once_over_two_processes_have_one_successor(
    database: dict[str, str], start_pair: Callable[..., tuple[Portal, Portal]]
) -> None:
    one, other = start_pair(database)
    person = one.a_person()
    asyncio.run(race([one.url, other.url], person, database))
    assert person.device.refresh().status_code == 200
    assert person.device.signed_in()
    assert len(person.device.sessions()) == 1
