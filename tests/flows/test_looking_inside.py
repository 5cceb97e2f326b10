"""Health, metrics, version, documentation: what operators and developers look at."""

import time

import pytest

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.meter import readings
from tests.rig.server import Portal


def test_health_tells_the_process_and_the_database_apart(portal: Portal) -> None:
    assert ask.get(f"{portal.url}/health/alive").status_code == 200
    assert ask.get(f"{portal.url}/health/ready").status_code == 200


def test_metrics_and_version_answer_to_the_token_or_to_loopback(portal: Portal) -> None:
    token = {"Authorization": f"Bearer {portal.environment()['METRICS_TOKEN']}"}
    stranger = {"X-Forwarded-For": "198.51.100.7"}
    portal.a_person()
    for path in ("/metrics", "/version"):
        assert ask.get(f"{portal.url}{path}").status_code == 200
        assert ask.get(f"{portal.url}{path}", headers=token | stranger).status_code == 200
        assert ask.get(f"{portal.url}{path}", headers=stranger).status_code in {401, 403, 404}
    text = ask.get(f"{portal.url}/metrics", headers=token).text
    assert 'auth_portal_events_total{kind="registered"' in text
    assert "person-" not in text
    if "DATABASE_URL" not in portal.settings:
        assert 'auth_portal_database_total{kind="commits"}' in text


@pytest.mark.row("OP1")
def test_letters_that_wait_or_died_are_counted_from_the_start(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(
        database, MAIL_HOST="127.0.0.1", MAIL_PORT="1", MAIL_DEFAULT_EMAIL="a@example.com", MAIL_TLS="none"
    )
    assert letters_at_start(portal) == {"waiting": 0, "dead": 0}
    portal.a_person()
    portal.stop()
    portal.start()
    assert letters_at_start(portal) == {"waiting": 1, "dead": 0}


def letters_at_start(portal: Portal) -> dict[str, float]:
    """The gauge an operator is told to watch, by state: set soon after a start."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        name = "auth_portal_outbox{state="
        found = {key: value for key, value in readings(portal).items() if key.startswith(name)}
        if found:
            return {key.split('"')[1]: value for key, value in found.items()}
        time.sleep(0.05)
    return {}


def test_the_api_describes_itself(portal: Portal) -> None:
    document = ask.get(f"{portal.url}/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/api/auth/register", "/api/auth/refresh", "/api/auth/sessions"} <= set(document["paths"])


def test_the_browsable_page_needs_no_other_host(portal: Portal) -> None:
    page = ask.get(f"{portal.url}/docs")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assert "https://" not in page.text.replace(portal.issuer, "")


def test_the_dev_inbox_shows_letters_in_development_on_localhost_only(start_portal: StartPortal) -> None:
    portal = start_portal(APP_ENV="development", CLOCK_OFFSET_FILE="", TRUSTED_PROXIES="")
    person = portal.a_person()
    portal.letters.wait(person.email)
    local = f"localhost:{portal.port}"
    inbox = f"{portal.url}/dev/mail"
    assert person.email in ask.get(inbox, headers={"Host": local}).text
    assert ask.get(inbox, headers={"Host": "auth.example.com"}).status_code == 404
    forwarded = {"Host": local, "X-Forwarded-For": "198.51.100.7"}
    assert ask.get(inbox, headers=forwarded).status_code == 404


def test_a_stopped_server_ends_with_zero(start_portal: StartPortal) -> None:
    assert start_portal().stop() == 0
