"""Guessing from many sides (BF rows) over HTTP, on one server with its limits on; networks of their own."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.conftest import StartPortal
from tests.rig.crowd import Ask, at_once
from tests.rig.meter import hashes
from tests.rig.person import PASSWORD
from tests.rig.scale import scaled
from tests.rig.server import REAL_HASHES, Portal

WRONG = "a wrong password of some length"
FRESH = "another quiet harbour 43"
PARALLEL_GUESSES = scaled(60, 200)
STUFFED = scaled(40, 500)
TOKENS = scaled(60, 1_000)
LETTERS_ASKED = 50
LONGEST_RUN = 100
VOLLEYS = 3


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A server with its limits on."""
    shared = Portal(tmp_path_factory.mktemp("guarded"), {"RATE_LIMITS": "on", **REAL_HASHES}).start()
    yield shared
    shared.stop()


def in_turn(portal: Portal, asks: list[Ask]) -> list[int]:
    """The statuses of requests that are asked one after another."""
    return [at_once([portal.url], [one])[0].status for one in asks]


def sign_in(email: str, password: str, network: str) -> Ask:
    """One try from that network."""
    return Ask("POST", "/auth/login", {"X-Forwarded-For": network}, {"email": email, "password": password})


@pytest.mark.row("BF3")
def test_the_right_password_among_parallel_guesses_opens_no_more_tries(guarded: Portal) -> None:
    person = guarded.a_person(network="203.0.113.1")
    passwords = [f"{WRONG} {number}" for number in range(PARALLEL_GUESSES)]
    passwords[PARALLEL_GUESSES // 2] = person.password
    before = hashes(guarded)
    asks = [sign_in(person.email, password, "198.51.100.1") for password in passwords]
    statuses = [answer.status for answer in at_once([guarded.url], asks)]
    assert set(statuses) <= {200, 400, 429, 503}
    assert statuses.count(400) <= 5
    assert statuses.count(200) <= 1
    assert statuses.count(400) + statuses.count(200) == hashes(guarded) - before


@pytest.mark.row("BF4")
def test_twenty_right_sign_ins_at_once_are_twenty_times_200(guarded: Portal) -> None:
    person = guarded.a_person(network="203.0.113.2")
    asks = [sign_in(person.email, person.password, "198.51.100.2")] * 20
    for _ in range(VOLLEYS):  # who waits longer than three seconds, on a busy machine, is told to come again
        statuses = [answer.status for answer in at_once([guarded.url], asks)]
        assert set(statuses) <= {200, 429}
        if statuses == [200] * 20:
            return
    pytest.fail("honest people were kept out")


@pytest.mark.row("BF10")
def test_one_guess_at_each_of_many_accounts_is_stopped_by_the_network(guarded: Portal) -> None:
    person = guarded.a_person(network="203.0.113.3")
    emails = [person.email, *(f"{uuid4().hex}@example.com" for _ in range(STUFFED - 1))]
    statuses = in_turn(guarded, [sign_in(email, WRONG, "198.51.100.3") for email in emails])
    assert statuses == [400] * 20 + [429] * (STUFFED - 20)
    assert in_turn(guarded, [sign_in(person.email, person.password, "198.51.100.33")]) == [200]


@pytest.mark.row("BF12")
def test_an_address_that_is_bombed_gets_five_letters_and_nobody_is_told(start_portal: StartPortal) -> None:
    portal = start_portal(RATE_LIMITS="on", REQUIRE_CONFIRMED_EMAIL="true")
    bombed = "bombed@example.com"
    body = {"firstName": "A", "lastName": "B", "email": bombed, "password": PASSWORD}
    asks = [
        Ask("POST", "/auth/register", {"X-Forwarded-For": f"198.51.100.{number}"}, body)
        for number in range(LETTERS_ASKED)
    ]
    answers = [answer for ask in asks for answer in at_once([portal.url], [ask])]
    assert {(answer.status, answer.body) for answer in answers} == {(202, b"{}")}
    confirmed = portal.device(network="203.0.113.4").post(
        "/auth/email/confirm", {"hash": portal.letters.hash(bombed, "Confirm email", 5)}
    )
    assert confirmed.status_code == 200
    portal.move_clock(60)
    known = "known@example.com"
    portal.run("user", "create", known, "--no-password", "--confirmed", "--first-name", "Known")
    for address in (known, bombed):
        asks = [
            Ask("POST", "/auth/forgot/password", {"X-Forwarded-For": f"203.0.113.{n}"}, {"email": address})
            for n in range(LETTERS_ASKED)
        ]
        answers = [answer for ask in asks for answer in at_once([portal.url], [ask])]
        assert {(answer.status, answer.body) for answer in answers} == {(200, b"")}
    portal.letters.wait(known, "Reset password", 5)
    assert len(portal.letters.all(known, "Reset password")) == 5
    assert len(portal.letters.all(bombed)) == 5


@pytest.mark.row("BF13")
def test_link_tokens_are_guessed_twenty_times_a_minute(guarded: Portal) -> None:
    paths = ("/auth/reset/password", "/auth/email/confirm", "/auth/not-me")
    asks = [
        Ask(
            "POST",
            paths[number % 3],
            {"X-Forwarded-For": "198.51.100.5"},
            {"hash": uuid4().hex, "password": FRESH},
        )
        for number in range(TOKENS)
    ]
    assert in_turn(guarded, asks) == [400] * 20 + [429] * (TOKENS - 20)


@pytest.mark.row("BF11")
def test_a_stolen_access_token_is_no_way_around_the_run_of_failures(guarded: Portal) -> None:
    """Guesses at the current password count on the account, from however many networks they come."""
    person = guarded.a_person(network="203.0.113.6")
    token = {"Authorization": f"Bearer {person.device.token}"}
    body = {"currentPassword": WRONG, "password": FRESH}
    asks = [
        Ask("PUT", "/auth/me/password", {**token, "X-Forwarded-For": f"10.6.{number}.1"}, body)
        for number in range(LONGEST_RUN + 5)
    ]
    before = hashes(guarded)
    assert in_turn(guarded, asks) == [400] * LONGEST_RUN + [429] * 5
    assert hashes(guarded) - before == LONGEST_RUN
    assert in_turn(guarded, [sign_in(person.email, person.password, "198.51.100.6")]) == [429]
    right = {"currentPassword": person.password, "password": FRESH}
    assert person.device.send("PUT", "/auth/me/password", right).status_code == 200, "a known device"
    assert in_turn(guarded, [sign_in(person.email, FRESH, "198.51.100.6")]) == [200], "the run has ended"


@pytest.mark.row("BF1")
def test_guesses_at_the_current_password_and_at_sign_in_share_their_places(guarded: Portal) -> None:
    here = "198.51.100.7"
    person = guarded.a_person(network=here)
    body = {"currentPassword": WRONG, "email": "new-" + person.email}
    statuses = [person.device.send("PUT", "/auth/me/email", body).status_code for _ in range(3)]
    statuses += in_turn(guarded, [sign_in(person.email, WRONG, here)] * 3)
    assert statuses == [400] * 5 + [429]
    statuses = [person.device.send("DELETE", "/auth/me", {"currentPassword": person.password}).status_code]
    assert statuses == [429]
    events = person.device.get("/auth/events").json()["events"]
    assert [event["kind"] for event in events].count("sign_in_failed") == 5


@pytest.mark.row("BF13")
def test_this_was_not_me_works_where_many_have_forgotten_their_passwords(guarded: Portal) -> None:
    """Its ticket is spent by then: a limit on FORGOT must not cost the owner the reset letter."""
    here = "198.51.100.8"
    person = guarded.a_person(network="203.0.113.8")
    thief = person.another_device("Thief's browser", network="203.0.113.88")
    not_me = guarded.letters.hash(person.email, "New sign-in to your account")
    asks = [
        Ask("POST", "/auth/forgot/password", {"X-Forwarded-For": here}, {"email": f"{uuid4().hex}@b.example"})
        for _ in range(21)
    ]
    assert in_turn(guarded, asks) == [200] * 20 + [429]
    assert guarded.device(network=here).post("/auth/not-me", {"hash": not_me}).status_code == 200
    assert thief.signed_out()
    assert person.reset(FRESH, guarded.letters.hash(person.email, "Reset password")).status_code == 200
