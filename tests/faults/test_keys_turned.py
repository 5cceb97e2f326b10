"""OP10: signing keys are added, used, retired by the command while people stay signed in."""

import json
from base64 import urlsafe_b64decode

import pytest

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.server import Portal

ANNOUNCED = 10 * 60  # seconds in which a new key is published and does not sign yet
REREAD = 31  # seconds after which every process has read the keys again

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


def kid_of(token: str) -> str:
    """The key that a token names."""
    head = token.split(".", maxsplit=1)[0]
    return str(json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def published(portal: Portal) -> set[str]:
    """The names in the JWKS."""
    return {key["kid"] for key in ask.get(f"{portal.url}/.well-known/jwks.json").json()["keys"]}


@pytest.mark.row("OP10")
def test_keys_are_turned_and_nobody_is_signed_out(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    people = [portal.a_person() for _ in range(3)]
    first = kid_of(people[0].device.token)
    assert published(portal) == {first}
    second = portal.run("keys", "rotate").split()[0]
    portal.move_clock(REREAD)
    assert all(person.device.me().status_code == 200 for person in people)
    assert published(portal) == {first, second}, "announced before it signs"
    assert people[0].device.refresh().status_code == 200
    assert kid_of(people[0].device.token) == first, "not yet"
    portal.move_clock(ANNOUNCED)
    assert people[1].device.me().status_code == 200, "signed by the old key, valid until it expires"
    assert people[1].device.refresh().status_code == 200
    assert kid_of(people[1].device.token) == second
    assert all(person.device.signed_in() for person in people)
    strange = f"-{first[:0:-1]}"  # one id in 64 begins like an option, and first may
    assert f"no living key {strange}" in portal.run("keys", "retire", strange, status=1)
    portal.run("keys", "retire", first)
    portal.move_clock(REREAD)
    assert people[1].device.signed_in()
    assert published(portal) == {second}
    assert people[2].device.me().status_code == 401, "a retired key opens nothing"
    for person in people:
        assert person.device.refresh().status_code == 200, "no session hangs on a signing key"
        assert person.device.signed_in()
        assert kid_of(person.device.token) == second
