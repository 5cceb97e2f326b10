"""Names, address, password, export, deletion and one's own journal."""

import pytest

from tests.conftest import StartPortal
from tests.rig.letters import text_of
from tests.rig.server import Portal

FRESH = "another quiet harbour 43"


def test_names_and_locale_can_be_changed(portal: Portal) -> None:
    person = portal.a_person()
    answer = person.device.send("PATCH", "/auth/me", {"firstName": "Augusta", "locale": "de"})
    assert answer.status_code == 200
    said = person.device.me().json()
    assert (said["firstName"], said["lastName"], said["locale"]) == ("Augusta", "Lovelace", "de")


@pytest.mark.row("PW13")
def test_changing_the_password_ends_the_other_devices_only(portal: Portal) -> None:
    person = portal.a_person()
    phone = person.another_device("Phone")
    body = {"currentPassword": person.password, "password": FRESH}
    assert person.device.send("PUT", "/auth/me/password", body).status_code == 200
    assert person.device.signed_in()
    assert person.device.refresh().status_code == 200
    assert phone.signed_out()
    assert portal.device().login(person.email, person.password).status_code == 400
    assert portal.device().login(person.email, FRESH).status_code == 200
    assert portal.letters.wait(person.email, count=2)


def test_changing_the_address_tells_both_ends_and_needs_the_new_one_s_link(portal: Portal) -> None:
    person = portal.a_person(confirmed=True)
    fresh = f"new-{person.email}"
    body = {"email": fresh, "currentPassword": person.password}
    assert person.device.send("PUT", "/auth/me/email", body).status_code == 202
    warning = portal.letters.wait(person.email, count=2)
    assert fresh not in str(warning["Subject"])
    token = portal.letters.hash(fresh)
    assert person.device.me().json()["email"] == person.email, "nothing has happened yet"
    assert portal.device().post("/auth/email/confirm", {"hash": token}).status_code == 200
    assert portal.device().login(fresh, person.password).status_code == 200
    assert portal.device().login(person.email, person.password).status_code == 400
    assert text_of(portal.letters.wait(person.email, count=3))


@pytest.mark.row("OL11")
def test_an_old_reset_link_dies_when_the_address_changes(portal: Portal) -> None:
    person = portal.a_person(confirmed=True)
    old_link = person.ask_for_reset()
    fresh = f"new-{person.email}"
    person.device.send("PUT", "/auth/me/email", {"email": fresh, "currentPassword": person.password})
    portal.device().post("/auth/email/confirm", {"hash": portal.letters.hash(fresh)})
    assert person.reset(FRESH, old_link).status_code == 400


def test_the_export_holds_what_we_know_and_no_secret(portal: Portal) -> None:
    person = portal.a_person()
    answer = person.device.get("/auth/me/export")
    assert answer.status_code == 200
    assert person.email in answer.text
    assert "argon2" not in answer.text
    assert person.device.refresh_token not in answer.text


def test_deleting_ends_everything_and_frees_the_address(portal: Portal) -> None:
    person = portal.a_person()
    phone = person.another_device("Phone")
    answer = person.device.send("DELETE", "/auth/me", {"currentPassword": person.password})
    assert answer.status_code == 204
    assert person.device.signed_out()
    assert phone.signed_out()
    assert portal.device().login(person.email, person.password).status_code == 400
    again = portal.a_person(email=person.email)
    assert again.device.signed_in()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/auth/me/email", {"email": "new@example.com"}),
        ("DELETE", "/auth/me", None),
        ("PUT", "/auth/me/password", {"currentPassword": "", "password": FRESH}),
    ],
)
def test_a_current_password_that_was_left_out_is_no_guess(
    start_portal: StartPortal, method: str, path: str, body: dict[str, str] | None
) -> None:
    portal = start_portal(RATE_LIMITS="on")
    person = portal.a_person()
    for _ in range(6):
        answer = person.device.send(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (400, "validation")
        assert answer.json()["errors"] == {"currentPassword": "currentPassword should not be empty"}
    assert portal.device().login(person.email, person.password).status_code == 200


def test_a_page_before_no_event_is_refused(portal: Portal) -> None:
    device = portal.a_person().device
    for before in ("zzz", "01a21e12-476f-725c-aa92", "x" * 36):
        answer = device.get(f"/auth/events?before={before}")
        assert answer.status_code == 400
        assert answer.json()["errors"] == {"before": "before must be the id of an event"}


def test_people_see_their_own_journal_and_nobody_else_s(portal: Portal) -> None:
    person, stranger = portal.a_person(), portal.a_person()
    person.another_device("Phone")
    portal.device().login(person.email, "wrong password")
    answer = person.device.get("/auth/events?limit=50")
    kinds = [event["kind"] for event in answer.json()["events"]]
    assert {"registered", "signed_in", "sign_in_failed"} <= set(kinds)
    assert kinds[-1] == "registered", "newest first"
    theirs = stranger.device.get("/auth/events").json()["events"]
    assert not {one["id"] for one in theirs} & {one["id"] for one in answer.json()["events"]}


def test_the_journal_is_read_page_by_page(portal: Portal) -> None:
    person = portal.a_person()
    for number in range(4):
        person.another_device(f"device {number}")
    whole = [one["id"] for one in person.device.get("/auth/events?limit=100").json()["events"]]
    pages: list[str] = []
    while True:
        before = f"&before={pages[-1]}" if pages else ""
        page = person.device.get(f"/auth/events?limit=2{before}").json()["events"]
        if not page:
            break
        pages += [one["id"] for one in page]
    assert pages == whole
