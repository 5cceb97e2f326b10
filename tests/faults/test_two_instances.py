"""OP8: two processes on one database behave as one: replays, guesses and links."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.rig.crowd import Ask, Crowd, at_once
from tests.rig.person import Person
from tests.rig.server import REAL_HASHES, Portal
from tests.rig.valkey import a_valkey

STORM = os.environ.get("STORM_SCALE") == "1"
ROUNDS = 500 if STORM else 1
SPENDERS = 50 if STORM else 16
GUESSES = 200 if STORM else 40
ALLOWED = 5  # failed sign-ins in five minutes from one network on one account

StartPair = Callable[..., tuple[Portal, Portal]]


async def spend(urls: Sequence[str], person: Person, token: str, round_number: int) -> str:
    """All use one link with a password of their own; returns the one that won."""
    passwords = [f"granite meadow {round_number} {number}" for number in range(SPENDERS)]
    asks = [
        Ask("POST", "/auth/reset/password", {}, {"hash": token, "password": password})
        for password in passwords
    ]
    async with Crowd(urls, SPENDERS) as crowd:
        answers = await crowd.ask(*asks)
    statuses = [answer.status for answer in answers]
    assert statuses.count(200) == 1, f"round {round_number}: {statuses} for {person.email}"
    assert set(statuses) <= {200, 400}, statuses
    return passwords[statuses.index(200)]


def race_links(urls: Sequence[str], portal: Portal) -> None:
    """Round after round: one letter, many spenders, one success, and that password works."""
    person = portal.a_person(confirmed=True)
    for number in range(ROUNDS):
        token = person.ask_for_reset(1)
        person.password = asyncio.run(spend(urls, person, token, number))
        for letter in portal.letters.folder.glob("*.eml"):
            letter.unlink()
    assert portal.device().login(person.email, person.password).status_code == 200
    sys.stdout.write(f"\n{ROUNDS} rounds x {SPENDERS} spends over {len(urls)} instances: double spends 0\n")


@pytest.mark.row("OL1")
@pytest.mark.timeout(7200)
def test_one_of_fifty_parallel_spends_of_a_link_wins(
    database: dict[str, str], start_portal: Callable[..., Portal]
) -> None:
    portal = start_portal(database, PASSWORD_HASH_QUEUE="200", **REAL_HASHES)
    race_links([portal.url], portal)


@pytest.mark.row("OP8", "OL1")
@pytest.mark.timeout(7200)
def test_one_of_fifty_parallel_spends_wins_over_two_instances(
    database: dict[str, str], start_pair: StartPair
) -> None:
    one, other = start_pair(database, PASSWORD_HASH_QUEUE="200", **REAL_HASHES)
    race_links([one.url, other.url], one)


@pytest.mark.row("OP8", "RF5")
@pytest.mark.timeout(600)
def test_a_replay_at_the_other_instance_closes_the_session_at_both(
    database: dict[str, str], start_pair: StartPair
) -> None:
    one, other = start_pair(database)
    person = one.a_person()
    elsewhere = person.another_device()
    old = person.device.refresh_token
    assert person.device.refresh().status_code == 200
    one.move_clock(31)
    assert other.device().refresh(old).status_code == 401
    assert person.device.signed_out()
    assert elsewhere.signed_in(), "that one session only"


@pytest.mark.row("OP8", "BF3")
@pytest.mark.timeout(600)
def test_parallel_guesses_over_two_instances_share_one_limit(
    database: dict[str, str], start_pair: StartPair, tmp_path: Path
) -> None:
    (tmp_path / "valkey").mkdir()
    with a_valkey(tmp_path / "valkey") as valkey:
        one, other = start_pair(database, RATE_LIMITS="on", REDIS_URL=valkey.url, **REAL_HASHES)
        person = one.a_person()
        asks = [
            Ask("POST", "/auth/login", {}, {"email": person.email, "password": f"wrong guess {number} now"})
            for number in range(GUESSES)
        ]
        statuses = [answer.status for answer in at_once([one.url, other.url], asks)]
        evaluated = statuses.count(400)
        sys.stdout.write(f"\n{GUESSES} guesses at once over two instances: {evaluated} evaluated\n")
        assert 1 <= evaluated <= ALLOWED
        assert set(statuses) <= {400, 429, 503}
        for portal in (one, other):
            assert portal.device().login(person.email, person.password).status_code == 429
        elsewhere = other.device(network="203.0.113.77")
        assert elsewhere.login(person.email, person.password).status_code == 200
