"""Signing up, confirming the address, signing in and out."""

from tests.conftest import StartPortal
from tests.rig.crowd import Ask, at_once
from tests.rig.person import PASSWORD
from tests.rig.server import Portal


def test_a_person_signs_up_confirms_signs_out_and_in_again(portal: Portal) -> None:
    person = portal.a_person()
    assert person.device.me().json()["emailVerified"] is False
    person.confirm()
    assert person.device.me().json()["emailVerified"] is True
    assert person.device.logout().status_code == 200
    assert person.device.signed_out()
    assert person.another_device().signed_in()


def test_the_confirmation_can_be_sent_again(portal: Portal) -> None:
    person = portal.a_person()
    first = portal.letters.hash(person.email, "Confirm email", 1)
    assert person.device.post("/auth/email/resend").status_code == 202
    second = portal.letters.hash(person.email, "Confirm email", 2)
    assert first != second
    assert person.device.post("/auth/email/confirm", {"hash": second}).status_code == 200
    assert person.device.me().json()["emailVerified"] is True


def test_fifty_parallel_sign_ups_with_one_address_make_one_account(portal: Portal) -> None:
    name = f"race-{portal.port}-{id(portal)}"
    asks = [
        Ask(
            "POST",
            "/auth/register",
            {},
            {
                "firstName": "A",
                "lastName": "B",
                "email": f"{name if number % 2 else name.upper()}@example.com",
                "password": PASSWORD,
            },
        )
        for number in range(50)
    ]
    answers = at_once([portal.url], asks)
    statuses = [answer.status for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 400}


def test_people_survive_a_restart(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database)
    person = portal.a_person()
    assert portal.stop() == 0
    portal.start()
    assert person.device.signed_in()
    assert person.device.refresh().status_code == 200
    assert person.another_device().signed_in()


def test_the_public_configuration_says_which_ways_in_are_on(portal: Portal) -> None:
    said = portal.device().get("/auth/config").json()
    assert said["passwordMinLength"] == 8
    assert said["providers"] == []
    assert said["confirmFirst"] is False
