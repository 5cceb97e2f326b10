"""Guessing (BF rows) over HTTP: one account, invented addresses, a hundred networks."""

import httpx
import pytest

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.crowd import Ask, at_once
from tests.rig.meter import hashes, total
from tests.rig.person import Person
from tests.rig.server import REAL_HASHES, Portal

WRONG = "a wrong password of some length"
FRESH = "another quiet harbour 43"
DAY = 24 * 60 * 60
LONGEST_RUN = 100


def guess(portal: Portal, email: str, password: str = WRONG, **headers: str) -> httpx.Response:
    """One try from a client without cookies."""
    body = {"email": email, "password": password}
    return ask.post(f"{portal.api}/auth/login", json=body, headers=headers, timeout=60, verify=False)


@pytest.mark.row("BF1")
@pytest.mark.row("BF2")
def test_after_five_failures_the_right_password_is_not_even_looked_at(start_portal: StartPortal) -> None:
    portal = start_portal(RATE_LIMITS="on", **REAL_HASHES)
    person = portal.a_person()
    here, elsewhere = "198.51.100.7", "203.0.113.9"
    statuses = [guess(portal, person.email, **{"X-Forwarded-For": here}).status_code for _ in range(5)]
    assert statuses == [400] * 5
    before = hashes(portal)
    answer = guess(portal, person.email, person.password, **{"X-Forwarded-For": here})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 300
    assert answer.json()["retryAfter"] == int(answer.headers["retry-after"])
    assert hashes(portal) == before, "no guess may be evaluated any more"
    assert guess(portal, person.email, person.password, **{"X-Forwarded-For": elsewhere}).status_code == 200


@pytest.mark.row("BF3")
def test_guesses_sent_at_once_are_evaluated_up_to_the_limit(start_portal: StartPortal) -> None:
    portal = start_portal(RATE_LIMITS="on", **REAL_HASHES)
    person = portal.a_person()
    passwords = [f"{WRONG} {number}" for number in range(60)]
    body = {"email": person.email}
    before = hashes(portal)
    asks = [Ask("POST", "/auth/login", {}, {**body, "password": password}) for password in passwords]
    statuses = [answer.status for answer in at_once([portal.url], asks)]
    assert set(statuses) <= {400, 429, 503}
    assert statuses.count(400) == hashes(portal) - before <= 5


FORGED = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"]


@pytest.mark.row("BF6")
@pytest.mark.parametrize("trusted", ["none", "10.0.0.0/8"])
def test_addresses_that_a_stranger_writes_do_not_count(start_portal: StartPortal, trusted: str) -> None:
    portal = start_portal(RATE_LIMITS="on", TRUSTED_PROXIES=trusted)
    person = portal.a_person()
    statuses = []
    for number in range(1, 8):
        address = f"198.51.100.{number}"
        headers = {name: f"for={address}" if name == "Forwarded" else address for name in FORGED}
        statuses.append(guess(portal, person.email, **headers).status_code)
    assert statuses == [400] * 5 + [429] * 2
    assert person.device.sessions()[0]["ip"] == "127.0.0.1"
    assert total(portal, "auth_portal_stranger_proxies_total") >= 1
    said = [line for line in portal.log().splitlines() if "198.51.100." in line]
    assert not said, "an invented address must not look true in a log"


@pytest.mark.row("BF6")
def test_behind_a_trusted_proxy_only_what_it_added_counts(start_portal: StartPortal) -> None:
    """A client may write anything in front of what the proxy appends."""
    portal = start_portal(RATE_LIMITS="on", TRUSTED_PROXIES="127.0.0.1")
    person = portal.a_person(network="203.0.113.5")
    chains = [f"198.51.100.{number}, 203.0.113.77" for number in range(1, 7)]
    statuses = [guess(portal, person.email, **{"X-Forwarded-For": chain}).status_code for chain in chains]
    assert statuses == [400] * 5 + [429]
    junk = "unknown, 203.0.113.77"
    assert guess(portal, person.email, **{"X-Forwarded-For": junk}).status_code == 429
    for other in ("Forwarded", "X-Real-IP"):
        headers = {"X-Forwarded-For": "203.0.113.77", other: "for=198.51.100.1"}
        assert guess(portal, person.email, **headers).status_code == 429
    assert person.device.sessions()[0]["ip"] == "203.0.113.5"


@pytest.mark.row("BF6")
def test_one_network_of_ipv6_is_a_slash_64(start_portal: StartPortal) -> None:
    portal = start_portal(RATE_LIMITS="on", **REAL_HASHES)
    person = portal.a_person()
    addresses = [f"2001:db8:1:2::{number:x}" for number in range(1, 7)]
    statuses = [guess(portal, person.email, **{"X-Forwarded-For": one}).status_code for one in addresses]
    assert statuses == [400] * 5 + [429]
    mapped = [*["::ffff:198.51.100.9"] * 5, "198.51.100.9"]
    statuses = [guess(portal, person.email, **{"X-Forwarded-For": one}).status_code for one in mapped]
    assert statuses == [400] * 5 + [429]


def from_many_networks(portal: Portal, email: str, count: int, block: int) -> list[int]:
    """So many wrong guesses, each from a network of its own."""
    asks = [
        Ask(
            "POST",
            "/auth/login",
            {"X-Forwarded-For": f"10.{block}.{number}.1"},
            {"email": email, "password": WRONG},
        )
        for number in range(count)
    ]
    statuses = []
    for start in range(0, count, 10):
        statuses += [answer.status for answer in at_once([portal.url], asks[start : start + 10])]
    return statuses


@pytest.mark.row("BF11")
def test_a_hundred_networks_have_a_hundred_guesses(start_portal: StartPortal) -> None:
    portal = start_portal(RATE_LIMITS="on")
    person = portal.a_person(network="203.0.113.5")
    statuses = from_many_networks(portal, person.email, LONGEST_RUN + 10, 1)
    assert statuses.count(400) == LONGEST_RUN
    assert statuses.count(429) == 10
    strange = from_many_networks(portal, "nobody@example.com", LONGEST_RUN + 10, 2)
    assert strange.count(400) == LONGEST_RUN, "else the limit would tell who has an account"
    fresh_network = {"X-Forwarded-For": "198.51.100.200"}
    before = hashes(portal)
    answer = guess(portal, person.email, person.password, **fresh_network)
    assert answer.status_code == 429
    assert hashes(portal) == before
    own_way_in(portal, person)


def own_way_in(portal: Portal, person: Person) -> None:
    """A known device and a reset get through; each ends the run of failures."""
    assert person.device.login(person.email, person.password).status_code == 200
    elsewhere = {"X-Forwarded-For": "198.51.100.201"}
    assert guess(portal, person.email, person.password, **elsewhere).status_code == 200
    assert from_many_networks(portal, person.email, LONGEST_RUN + 1, 3).count(429) == 1
    assert (
        guess(portal, person.email, person.password, **{"X-Forwarded-For": "198.51.100.202"}).status_code
        == 429
    )
    assert person.reset(FRESH).status_code == 200
    assert guess(portal, person.email, FRESH, **{"X-Forwarded-For": "198.51.100.203"}).status_code == 200


@pytest.mark.row("BF11")
@pytest.mark.row("BF14")
def test_a_run_of_failures_outlives_a_restart_and_halves_each_day(start_portal: StartPortal) -> None:
    portal = start_portal(RATE_LIMITS="on")
    person = portal.a_person(network="203.0.113.5")
    assert from_many_networks(portal, person.email, LONGEST_RUN - 1, 1).count(400) == LONGEST_RUN - 1
    portal.stop()
    portal.start()
    assert from_many_networks(portal, person.email, 3, 2).count(400) == 1
    portal.move_clock(DAY)
    assert from_many_networks(portal, person.email, LONGEST_RUN // 2 + 5, 3).count(429) == 5
