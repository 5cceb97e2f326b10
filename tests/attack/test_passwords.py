"""Passwords (PW rows): length, common words, forms of writing, imported hashes, huge inputs."""

import json
import unicodedata
from uuid import uuid4

import bcrypt
import pytest

from auth_portal.passwords.common_passwords import common_passwords
from tests.conftest import StartPortal
from tests.rig.crowd import Ask, at_once
from tests.rig.person import Device
from tests.rig.server import REAL_HASHES, Portal


def sign_up(portal: Portal, password: object, **chosen: str) -> tuple[Device, str, int, dict[str, object]]:
    """Try to register with the password; returns device, address, status and the answer."""
    device = portal.device()
    email = chosen.pop("email", f"pw-{uuid4().hex[:12]}@example.com")
    body = {"firstName": "Ada", "lastName": "Lovelace", "email": email, "password": password, **chosen}
    answer = device.keep(device.client.post("/auth/register", json=body))
    return device, email, answer.status_code, answer.json()


def refused(portal: Portal, password: object, **chosen: str) -> str:
    """The reason that REG gives for the password; nothing was made."""
    device, email, status, said = sign_up(portal, password, **chosen)
    assert status == 400, said
    errors = said["errors"]
    assert isinstance(errors, dict)
    assert set(errors) == {"password"}
    assert device.login(email, str(password)).status_code == 400
    return str(errors["password"])


@pytest.mark.row("PW1")
def test_seven_code_points_are_too_short(portal: Portal) -> None:
    assert "longer than or equal to 8" in refused(portal, "k9#Lm2x")
    assert "longer than or equal to 8" in refused(portal, "🦊🐻🐼🐨🐯🦁🐮")
    assert sign_up(portal, "🦊🐻🐼🐨🐯🦁🐮🐷")[2] == 201


@pytest.mark.row("PW1")
def test_the_least_length_is_a_setting(start_portal: StartPortal) -> None:
    portal = start_portal(PASSWORD_MIN_LENGTH="15")
    assert "longer than or equal to 15" in refused(portal, "violet-kettle-")
    assert sign_up(portal, "violet-kettle-9")[2] == 201


@pytest.mark.row("PW2")
@pytest.mark.parametrize("password", ["password1234", "Password1234", "auth portal", "AuthPortal1"])
def test_common_passwords_and_the_name_of_the_app_are_refused(portal: Portal, password: str) -> None:
    assert refused(portal, password)


@pytest.mark.row("PW2")
def test_ones_own_address_is_no_password(portal: Portal) -> None:
    local = f"marguerite{uuid4().hex[:6]}"
    assert refused(portal, local, email=f"{local}@example.com")


@pytest.mark.row("PW2")
def test_each_of_the_three_thousand_most_common_ones_is_refused(start_portal: StartPortal) -> None:
    portal = start_portal()
    long_enough = sorted(word for word in common_passwords() if len(word) >= 8)
    assert len(long_enough) >= 3000
    said = {"firstName": "Ada", "lastName": "Lovelace", "email": "common@example.com"}
    sample = long_enough[:: max(1, len(long_enough) // 3000)][:3000]
    for start in range(0, len(sample), 50):
        asks = [
            Ask("POST", "/auth/register", {}, {**said, "password": word})
            for word in sample[start : start + 50]
        ]
        assert {answer.status for answer in at_once([portal.url], asks)} == {400}


@pytest.mark.row("PW3")
@pytest.mark.parametrize("password", ["quietharbourlantern", "  three blind mice  ", "🦊🐻 🐼🐨 🐯🦁 🐮🐷"])
def test_no_rule_of_composition(portal: Portal, password: str) -> None:
    device, email, status, _ = sign_up(portal, password)
    assert status == 201
    assert device.login(email, password).status_code == 200


@pytest.mark.row("PW4")
@pytest.mark.parametrize("length", [64, 128, 256])
def test_long_passwords_match_exactly(portal: Portal, length: int) -> None:
    password = ("vKq7-" * 52)[:length]
    device, email, status, _ = sign_up(portal, password)
    assert status == 201
    assert device.login(email, password).status_code == 200
    assert device.login(email, password[:-1] + "!").status_code == 400


@pytest.mark.row("PW5")
def test_nothing_is_cut_off_at_72_bytes(portal: Portal) -> None:
    device, email, status, _ = sign_up(portal, "A" * 72 + "x")
    assert status == 201
    assert device.login(email, "A" * 72 + "y").status_code == 400
    assert device.login(email, "A" * 72).status_code == 400


@pytest.mark.row("PW7")
def test_case_and_outer_spaces_count(portal: Portal) -> None:
    device, email, status, _ = sign_up(portal, " Quiet Harbour 42 ")
    assert status == 201
    for wrong in ("Quiet Harbour 42", " quiet harbour 42 ", " QUIET HARBOUR 42 "):
        assert device.login(email, wrong).status_code == 400
    assert device.login(email, " Quiet Harbour 42 ").status_code == 200


@pytest.mark.row("PW8")
@pytest.mark.parametrize(("made", "shown"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_the_form_of_unicode_does_not_matter(portal: Portal, made: str, shown: str) -> None:
    password = "Zürich-Ångström-Café"
    device, email, status, _ = sign_up(portal, unicodedata.normalize(made, password))  # type: ignore[arg-type]
    assert status == 201
    assert device.login(email, unicodedata.normalize(shown, password)).status_code == 200  # type: ignore[arg-type]


@pytest.mark.row("PW9")
@pytest.mark.parametrize("length", [10_000, 1_000_000])
def test_a_huge_password_is_never_hashed(portal: Portal, length: int) -> None:
    person = portal.a_person()
    before = hashes(portal)
    long = "x" * length
    register = {"firstName": "A", "lastName": "B", "email": "huge@example.com", "password": long}
    for path, body in (
        ("/auth/register", register),
        ("/auth/login", {"email": person.email, "password": long}),
        ("/auth/reset/password", {"hash": "aplk_x", "password": long}),
    ):
        assert person.device.client.post(path, json=body).status_code in {400, 413}
    assert hashes(portal) == before


def hashes(portal: Portal) -> float:
    """How many hashes the server has computed, as its metrics tell."""
    device = portal.device()
    answer = device.client.get(
        f"{portal.url}/metrics", headers={"Authorization": "Bearer metrics-token-of-the-tests"}
    )
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if line.startswith("auth_portal_hashes_total{")]
    assert lines, "the metrics do not tell how many hashes were computed"
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


@pytest.mark.row("PW10")
def test_an_imported_hash_is_upgraded_once(database: dict[str, str], start_portal: StartPortal) -> None:
    portal = start_portal(database, **REAL_HASHES)
    password = "an old password of six"
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode()
    email = f"old-{uuid4().hex[:8]}@example.com"
    line = {
        "email": email,
        "firstName": "Old",
        "lastName": "Hand",
        "passwordHash": hashed,
        "emailVerified": True,
    }
    file = portal.folder / "users.jsonl"
    file.write_text(json.dumps(line) + "\n")
    portal.run("import", "users", str(file), "--apply")
    assert portal.device().login(email, "not the password").status_code == 400
    asks = [Ask("POST", "/auth/login", {}, {"email": email, "password": password}) for _ in range(20)]
    assert {answer.status for answer in at_once([portal.url], asks)} == {200}
    device = portal.device()
    assert device.login(email, password).status_code == 200
    kinds = [event["kind"] for event in device.get("/auth/events?limit=100").json()["events"]]
    assert kinds.count("password_upgraded") == 1
    exported = portal.run("export", "users", "-")
    assert "$argon2id$" in exported
    assert "$2b$" not in exported
