"""CONTRACT.md section 1: every variable works under its old name."""

import re
import stat
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.letters import text_of
from tests.rig.person import PASSWORD
from tests.rig.ports import free_port
from tests.rig.server import Portal

SHARED = "a shared secret of at least thirty-two bytes, really"


def refused(portal: Portal) -> str:
    """Start a server that must refuse to start; returns what it said."""
    assert portal.process is not None
    assert portal.process.wait(60) != 0, portal.log()
    return portal.log()


def test_without_anything_set_it_starts_on_sqlite_with_a_key_file(start_portal: StartPortal) -> None:
    portal = start_portal(
        cold=True, APP_ENV="development", AUTH_REFRESH_SECRET="", CLOCK_OFFSET_FILE="", BACKEND_DOMAIN=""
    )
    keys = [path for path in portal.folder.iterdir() if path.name == "root.key"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in keys] == [0o600]
    assert list(portal.folder.glob("*.sqlite*")) or list(portal.folder.glob("*.db"))
    assert portal.a_person().device.signed_in()
    said = portal.log()
    assert "/docs" in said
    assert "/dev/mail" in said
    assert str(portal.folder) in said


def test_app_port_wins_over_port(start_portal: StartPortal) -> None:
    portal = start_portal(PORT=str(free_port()))
    assert portal.ready()


def test_port_alone_counts(start_portal: StartPortal) -> None:
    port = free_port()
    portal = start_portal(APP_PORT="", PORT=str(port), wait=False)
    portal.port = port
    portal.wait_until_ready()


def test_app_env_wins_over_node_env(start_portal: StartPortal) -> None:
    assert start_portal(NODE_ENV="production").ready()


def test_node_env_production_is_production(start_portal: StartPortal) -> None:
    said = refused(start_portal(APP_ENV="", NODE_ENV="production", wait=False))
    assert "RATE_LIMITS" in said, "a setting that production refuses"


def test_api_prefix_moves_the_api(start_portal: StartPortal) -> None:
    portal = start_portal(API_PREFIX="v2")
    assert ask.get(f"{portal.url}/v2/auth/config").status_code == 200
    assert ask.get(f"{portal.url}/api/auth/config").status_code == 404


def test_app_name_stands_in_letters(start_portal: StartPortal) -> None:
    portal = start_portal(APP_NAME="Lighthouse & Sons", MAIL_DEFAULT_EMAIL="hello@lighthouse.example")
    person = portal.a_person()
    letter = portal.letters.wait(person.email)
    assert "Lighthouse & Sons" in letter.as_string()
    assert letter["From"].addresses[0].addr_spec == "hello@lighthouse.example"


def test_frontend_domain_is_where_links_point_and_the_first_of_a_list(start_portal: StartPortal) -> None:
    portal = start_portal(FRONTEND_DOMAIN="https://app.example.com,https://admin.example.com")
    person = portal.a_person()
    text = text_of(portal.letters.wait(person.email))
    assert "https://app.example.com/auth/confirm-email?hash=" in text
    for origin in ("https://app.example.com", "https://admin.example.com"):
        answer = ask.get(f"{portal.api}/auth/config", headers={"Origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize("pages", ["true", "false"])
def test_the_letter_of_a_new_device_leads_to_a_page_that_is_there(
    start_portal: StartPortal, pages: str
) -> None:
    """Front ends of the original have none for it; ours is at our own address. Without it, theirs must be."""
    portal = start_portal(FRONTEND_DOMAIN="https://app.example.com", PORTAL=pages)
    person = portal.a_person()
    person.another_device("A thief's browser", network="203.0.113.66")
    said = text_of(portal.letters.wait(person.email, "New sign-in to your account"))
    (link,) = re.findall(r"https?://\S+/auth/not-me\?hash=\S+", said)
    if pages == "true":
        assert link.startswith(portal.url)
        assert ask.get(link).status_code == 200
    else:
        assert link.startswith("https://app.example.com/")


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519", "RS256"])
def test_access_tokens_verify_from_the_published_keys(start_portal: StartPortal, algorithm: str) -> None:
    portal = start_portal(AUTH_JWT_ALGORITHM=algorithm)
    person = portal.a_person()
    keys = KeySet.import_key_set(ask.get(f"{portal.url}/.well-known/jwks.json").json())
    token = jwt.decode(person.device.token, keys, algorithms=[algorithm])
    assert token.header["alg"] == algorithm
    assert token.header["typ"] == "at+jwt"
    assert token.claims["iss"] == token.claims["aud"] == portal.issuer
    assert set(token.claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert token.claims["sub"] == person.id


def test_a_jwt_secret_makes_them_hs256_with_the_old_claims(start_portal: StartPortal) -> None:
    portal = start_portal(AUTH_JWT_SECRET=SHARED, AUTH_JWT_AUDIENCE="https://api.example.com")
    person = portal.a_person()
    token = jwt.decode(person.device.token, OctKey.import_key(SHARED), algorithms=["HS256"])
    assert token.claims["id"] == token.claims["sub"] == person.id
    assert token.claims["sessionId"] == token.claims["sid"]
    assert token.claims["aud"] == "https://api.example.com"
    assert ask.get(f"{portal.url}/.well-known/jwks.json").json() == {"keys": []}


def test_durations_are_honoured(start_portal: StartPortal) -> None:
    portal = start_portal(
        AUTH_JWT_TOKEN_EXPIRES_IN="90s",
        AUTH_REFRESH_TOKEN_EXPIRES_IN="2h",
        AUTH_SESSION_EXPIRES_IN="3h",
        AUTH_HASH_FORGOT_PASSWORD_EXPIRES_IN="10m",
    )
    person = portal.a_person()
    late = person.ask_for_reset()
    portal.move_clock(91)
    assert person.device.me().status_code == 401
    assert person.device.refresh().status_code == 200
    portal.move_clock(10 * 60)
    assert person.reset("another quiet harbour 9", late).status_code == 400
    portal.move_clock(2 * 60 * 60)
    assert person.device.refresh().status_code == 401, "idle too long"


def test_the_absolute_lifetime_ends_a_session_that_is_used(start_portal: StartPortal) -> None:
    portal = start_portal(AUTH_REFRESH_TOKEN_EXPIRES_IN="2h", AUTH_SESSION_EXPIRES_IN="3h")
    person = portal.a_person()
    for _ in range(2):
        portal.move_clock(100 * 60)
        last = person.device.refresh()
    assert last.status_code == 401


def test_password_change_interval_holds_back_a_second_reset(start_portal: StartPortal) -> None:
    portal = start_portal(PASSWORD_CHANGE_INTERVAL="3d")
    person = portal.a_person()
    assert person.reset("another quiet harbour 9").status_code == 200
    answer = ask.post(f"{portal.api}/auth/forgot/password", json={"email": person.email})
    assert (answer.status_code, answer.content) == (200, b"")
    portal.move_clock(3 * 24 * 60 * 60 + 1)
    assert person.device.client.post("/auth/forgot/password", json={"email": person.email}).status_code == 200
    assert portal.letters.wait(person.email, "Reset password", 2)


def test_an_earlier_root_secret_is_still_accepted(start_portal: StartPortal) -> None:
    portal = start_portal()
    person = portal.a_person()
    portal.stop()
    before = portal.environment()["AUTH_REFRESH_SECRET"]
    portal.settings |= {"AUTH_REFRESH_SECRET": "n" + before[::-1], "AUTH_REFRESH_SECRET_PREVIOUS": before}
    portal.start()
    assert person.device.refresh().status_code == 200


def test_another_root_secret_refuses_to_start(start_portal: StartPortal) -> None:
    portal = start_portal()
    portal.stop()
    portal.settings["AUTH_REFRESH_SECRET"] = "quite another secret of forty-odd bytes, 0123456789"
    portal.start(wait=False)
    assert "AUTH_REFRESH_SECRET" in refused(portal)


def test_all_mistakes_are_told_at_once(start_portal: StartPortal) -> None:
    wrong = {
        "APP_PORT": "many",
        "AUTH_JWT_TOKEN_EXPIRES_IN": "soon",
        "FRONTEND_DOMAIN": "https://*.example.com",
        "REFRESH_GRACE": "5m",
        "DATABASE_URL": "oracle://somewhere",
        "AUTH_JWT_ALGORITHM": "none",
        "AUTH_REFRESH_TOKEN_EXPIRES_IN": "999999999w",
        "API_PREFIX": "/",
    }
    said = refused(start_portal(wait=False, **wrong))
    assert [name for name in wrong if name not in said] == []
    assert "Traceback" not in said


def test_the_dot_env_file_of_the_working_directory_is_read(start_portal: StartPortal) -> None:
    portal = start_portal()
    portal.stop()
    (portal.folder / ".env").write_text("APP_NAME=From the file\nAPP_PORT=1\n")
    portal.start()
    assert ask.get(f"{portal.api}/auth/config").json()["appName"] == "From the file"


def test_production_starts_with_what_it_needs(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal(
        APP_ENV="production",
        CLOCK_OFFSET_FILE="",
        RATE_LIMITS="",
        BACKEND_DOMAIN="https://id.example.com",
        MAIL_HOST="127.0.0.1",
        MAIL_DEFAULT_EMAIL="no-reply@example.com",
    )
    del tmp_path
    body = {"firstName": "A", "lastName": "B", "email": "a@example.com", "password": PASSWORD}
    assert ask.post(f"{portal.api}/auth/register", json=body).status_code == 201
    assert ask.get(f"{portal.url}/dev/mail").status_code == 404
