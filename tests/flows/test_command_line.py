"""What an operator does with `auth-portal`, beside a running server, on each database."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from joserfc.util import urlsafe_b64decode

from auth_portal import __version__
from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.person import PASSWORD, Person
from tests.rig.postgres import run_sql
from tests.rig.server import ROOT_SECRET, Portal

FRESH = "an operator's harbour 44"
NEW_SECRET = "Zk3vQ9tYw1Lr7Xc5Jm2Nb8Hs4Gd6Fp0A"


def test_an_account_is_made_shown_and_can_sign_in(portal: Portal) -> None:
    email = f"made-{portal.port}@example.com"
    said = portal.run("user", "create", email, "--first-name", "Grace", "--confirmed", feed=f"{PASSWORD}\n")
    shown = portal.run("user", "show", email)
    assert said.splitlines()[0] in shown
    assert "Grace" in shown
    assert "argon2" not in shown
    device = portal.device()
    assert device.login(email, PASSWORD).status_code == 200
    assert device.me().json()["emailVerified"] is True
    assert "already" in portal.run("user", "create", email, feed=f"{PASSWORD}\n", status=1)


def test_a_weak_password_or_a_wrong_address_makes_no_account(portal: Portal) -> None:
    assert "characters" in portal.run("user", "create", "weak@example.com", feed="short\n", status=1)
    assert "no e-mail" in portal.run("user", "create", "nonsense@", feed=f"{PASSWORD}\n", status=1)
    assert "no account" in portal.run("user", "show", "weak@example.com", status=1)


def test_disabling_ends_everything_at_once_and_enabling_lets_in_again(portal: Portal) -> None:
    person = portal.a_person()
    portal.run("user", "disable", person.email)
    assert person.device.signed_out()
    assert portal.device().login(person.email, person.password).status_code == 400
    portal.run("user", "enable", person.email)
    assert person.device.signed_out(), "old sessions stay ended"
    assert person.another_device().signed_in()
    assert "not disabled" in portal.run("user", "enable", person.email, status=1)


def test_a_password_is_set_and_every_session_ends(portal: Portal) -> None:
    person = portal.a_person()
    portal.run("user", "set-password", person.email, feed=f"{FRESH}\n")
    assert person.device.signed_out()
    assert portal.device().login(person.email, FRESH).status_code == 200


def test_an_account_is_deleted(portal: Portal) -> None:
    person = portal.a_person()
    assert "Nothing was deleted" in portal.run("user", "delete", person.email, feed="n\n", status=1)
    portal.run("user", "delete", person.email, "--yes")
    assert person.device.signed_out()
    assert "no account" in portal.run("user", "show", person.email, status=1)


def test_sessions_are_listed_and_ended(portal: Portal) -> None:
    person = portal.a_person()
    phone = person.another_device("Phone")
    gone = next(one["id"] for one in phone.sessions() if one["current"])
    assert gone in portal.run("sessions", "list", person.email)
    portal.run("sessions", "end", gone)
    assert phone.signed_out()
    assert person.device.signed_in()
    assert "no living session" in portal.run("sessions", "end", gone, status=1)
    portal.run("sessions", "end", "--all-of", person.email)
    assert person.device.signed_out()


def test_keys_are_rotated_without_signing_anybody_out(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    person = portal.a_person()
    before = published(portal)
    fresh = portal.run("keys", "rotate").splitlines()[0]
    portal.move_clock(31)
    assert person.device.me().status_code == 200
    assert published(portal) == before | {fresh}
    assert kid(person) in before, "it is announced before it signs"
    portal.move_clock(10 * 60)
    assert person.device.refresh().status_code == 200
    assert kid(person) == fresh
    portal.run("keys", "retire", *before)
    portal.move_clock(31)
    assert person.device.me().status_code == 200
    assert published(portal) == {fresh}
    assert all(word in portal.run("keys", "list") for word in (fresh, *before))


def test_what_is_done_to_keys_stands_in_the_journal_and_holds_within_seconds(
    start_portal: StartPortal,
) -> None:
    portal = start_portal()
    person = portal.a_person()
    old = kid(person)
    fresh = portal.run("keys", "rotate").splitlines()[0]
    portal.run("keys", "retire", old)
    portal.move_clock(11)
    assert person.device.me().status_code == 401
    with closing(sqlite3.connect(portal.folder / "auth-portal.db")) as file:
        told = file.execute("SELECT facts FROM events WHERE kind = 'key_rotated' ORDER BY id").fetchall()
    assert [json.loads(facts) for (facts,) in told] == [
        {"kid": fresh, "did": "made"},
        {"kid": old, "did": "retired"},
    ]


def test_letters_are_listed_and_the_relay_is_tried(portal: Portal) -> None:
    person = portal.a_person()
    portal.letters.wait(person.email)
    assert person.email in portal.run("mail", "list")
    assert person.email not in portal.run("mail", "list", "--state", "dead")
    address = f"try-{portal.port}@example.com"
    portal.run("mail", "test", address)
    assert portal.letters.wait(address)
    assert "no such letter" in portal.run("mail", "retry", "nonsense", status=1)


def test_the_doctor_says_what_to_mend(start_portal: StartPortal) -> None:
    portal = start_portal(MAIL_HOST="127.0.0.1", MAIL_PORT="1", MAIL_DEFAULT_EMAIL="a@example.com")
    said = portal.run("doctor", status=1)
    assert "mail: 127.0.0.1:1" in said
    assert "fix:" in said
    portal.settings |= {"MAIL_PORT": "many", "REFRESH_GRACE": "5m"}
    said = portal.run("doctor", status=1)
    assert "MAIL_PORT" in said
    assert "REFRESH_GRACE" in said


def test_the_doctor_finds_a_good_house_good(start_portal: StartPortal) -> None:
    assert "All is well" in start_portal().run("doctor")


@pytest.mark.parametrize("secret", ["", ROOT_SECRET])
def test_the_doctor_looks_before_the_first_start_and_makes_nothing(tmp_path: Path, secret: str) -> None:
    new = Portal(
        tmp_path / "new", {"AUTH_REFRESH_SECRET": secret, "DATA_DIR": str(tmp_path / "new" / "to" / "be")}
    )
    said = new.run("doctor")
    assert "There is no database at" in said
    assert "mail: no MAIL_HOST" in said, "what can be looked at is"
    assert list(new.folder.iterdir()) == []
    (new.folder / "to").write_text("in the way")
    assert "to must be a folder that this user may write to" in new.run("doctor", status=1)


def test_the_doctor_changes_nothing_where_the_root_secret_is_to_change(start_portal: StartPortal) -> None:
    portal = start_portal()
    portal.stop()
    portal.settings |= {"AUTH_REFRESH_SECRET": NEW_SECRET, "AUTH_REFRESH_SECRET_PREVIOUS": ROOT_SECRET}
    assert "a former one's database; the next start" in portal.run("doctor")
    portal.settings |= {"AUTH_REFRESH_SECRET": ROOT_SECRET, "AUTH_REFRESH_SECRET_PREVIOUS": ""}
    assert "the one this database belongs to" in portal.run("doctor")
    assert portal.start().ready()


def test_the_doctor_takes_no_new_database_for_its_own_and_tells_a_foreign_secret(tmp_path: Path) -> None:
    new = Portal(tmp_path / "new", {"AUTH_REFRESH_SECRET": NEW_SECRET})
    new.run("migrate")
    assert "root secret: none yet" in new.run("doctor")
    new.settings["AUTH_REFRESH_SECRET"] = ROOT_SECRET
    new.start().stop()
    new.settings["AUTH_REFRESH_SECRET"] = NEW_SECRET
    assert "belongs to another one" in new.run("doctor", status=1)


def test_migrations_are_planned_done_and_done_only_once(
    empty_postgresql: str, start_portal: StartPortal
) -> None:
    portal = start_portal()
    portal.stop()
    portal.settings["DATABASE_URL"] = empty_postgresql
    assert "migrate" in portal.run("user", "show", "a@example.com", status=1)
    assert "current" not in portal.run("migrate", "--plan")
    portal.run("migrate")
    assert "current" in portal.run("migrate", "--plan")
    assert "current" in portal.run("migrate")
    assert portal.start().a_person().device.signed_in()


def test_what_has_served_its_time_is_swept(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database, JOURNAL_RETENTION="30d", SESSION_RETENTION="1d")
    person = portal.a_person()
    person.ask_for_reset()
    person.another_device().logout()
    portal.move_clock(29 * 24 * 60 * 60)
    assert person.device.refresh().status_code == 200
    portal.move_clock(2 * 24 * 60 * 60)
    swept = dict(line.split() for line in portal.run("sweep").splitlines() if len(line.split()) == 2)
    assert int(swept["sessions"]) == 1
    assert int(swept["tickets"]) >= 2
    assert int(swept["events"]) >= 3
    assert person.device.refresh().status_code == 200


def test_a_command_in_the_wrong_folder_makes_nothing_there(portal: Portal, tmp_path: Path) -> None:
    lost = Portal(tmp_path / "lost", {"AUTH_REFRESH_SECRET": ""})
    assert "DATA_DIR" in lost.run("user", "show", "a@example.com", status=2)
    lost.settings["AUTH_REFRESH_SECRET"] = portal.environment()["AUTH_REFRESH_SECRET"]
    assert "There is no database at" in lost.run("mail", "list", status=1)
    assert list(lost.folder.iterdir()) == []


def test_what_cannot_be_done_is_said_in_a_sentence(portal: Portal) -> None:
    long = "x" * 101
    assert "no e-mail" in portal.run("mail", "test", "nonsense", status=1)
    assert "Nothing was typed" in portal.run("user", "delete", "a@example.com", feed="", status=1)
    assert "100 characters" in portal.run(
        "user", "create", "a@example.com", "--no-password", "--first-name", long, status=1
    )
    assert "/dev/null/x" in portal.run("import", "users", "x", "--report", "/dev/null/x", status=1)
    assert "WORKERS" in portal.run("serve", "--workers", "0", status=2)


def test_a_reader_that_has_seen_enough_is_no_fault(portal: Portal) -> None:
    portal.a_person()
    done = subprocess.run(
        f"{sys.executable} -m auth_portal mail list | true",
        shell=True,
        env=portal.environment(),
        cwd=portal.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Error" not in done.stderr


def test_the_version_is_told(portal: Portal) -> None:
    assert portal.run("version").strip() == __version__


def test_wrong_settings_are_told_without_a_traceback(portal: Portal) -> None:
    broken = Portal(portal.folder, {**portal.settings, "APP_PORT": "many", "REFRESH_GRACE": "5m"})
    said = broken.run("keys", "list", status=2)
    assert "APP_PORT" in said
    assert "REFRESH_GRACE" in said
    assert "Traceback" not in said


def published(portal: Portal) -> set[str]:
    """The names of the keys at the well-known place."""
    keys = ask.get(f"{portal.url}/.well-known/jwks.json").json()["keys"]
    return {key["kid"] for key in keys}


def kid(person: Person) -> str:
    """The key that signed a person's access token."""
    head = person.device.token.split(".")[0]
    return str(json.loads(urlsafe_b64decode(head.encode()))["kid"])


def test_a_postgresql_that_does_not_let_us_in_is_said_in_a_sentence(
    empty_postgresql: str, start_portal: StartPortal
) -> None:
    portal = start_portal()
    portal.stop()
    portal.settings["DATABASE_URL"] = f"{empty_postgresql}?schema=public"
    for words in (("doctor",), ("migrate",), ("user", "show", "a@example.com")):
        said = portal.run(*words, status=1)
        assert 'configuration parameter "schema"' in said
        assert "DATABASE_URL" in said
    run_sql(empty_postgresql, "REVOKE CREATE ON SCHEMA public FROM PUBLIC", "CREATE ROLE visitor LOGIN")
    try:
        portal.settings["DATABASE_URL"] = empty_postgresql.replace("postgres@", "visitor@")
        assert "GRANT CREATE" in portal.run("migrate", status=1)
    finally:
        run_sql(empty_postgresql, "DROP ROLE visitor")
