"""Weak, missing and foreign secrets (TK14): the server does not start in production, and says why."""

import pytest

from tests.conftest import StartPortal
from tests.rig.server import ROOT_SECRET, STOP_SECONDS, Portal

PRODUCTION = {
    "APP_ENV": "production",
    "BACKEND_DOMAIN": "https://id.example.com",
    "TRUSTED_PROXIES": "none",
    "RATE_LIMITS": "on",
    "MAIL_HOST": "127.0.0.1",
    "MAIL_DEFAULT_EMAIL": "portal@example.com",
    "CLOCK_OFFSET_FILE": "",
}
GOOD = "Zk3vQ8-mXw1 R7tYbN5uJ0pL2dGfH9sAeC4"


def ends(portal: Portal) -> str:
    """It ends by itself, with a status that says so; returns what it said."""
    assert portal.process is not None
    assert portal.process.wait(STOP_SECONDS * 3) == 2, "restarting does not help"
    assert "Traceback" not in portal.log()
    return portal.log()


@pytest.mark.row("TK14")
@pytest.mark.parametrize(
    ("name", "secret", "why"),
    [
        ("AUTH_REFRESH_SECRET", "", "is set but empty"),
        ("AUTH_REFRESH_SECRET", GOOD[:31], "shorter than 32 bytes"),
        ("AUTH_JWT_SECRET", "secret-secret-secret-secret-secret-secret", "is an example's secret"),
        ("AUTH_JWT_SECRET", "a" * 64, "repeats too few characters"),
    ],
)
def test_in_production_a_weak_secret_is_refused(
    start_portal: StartPortal, name: str, secret: str, why: str
) -> None:
    portal = start_portal(PRODUCTION, wait=False, **{name: secret})
    said = ends(portal)
    assert name in said
    assert why in said
    assert not secret or secret not in said, "what is refused must not be repeated in a log"


@pytest.mark.row("TK14")
def test_a_good_secret_starts_in_production_and_a_weak_one_warns_in_development(
    start_portal: StartPortal,
) -> None:
    assert start_portal(PRODUCTION, AUTH_REFRESH_SECRET=GOOD).ready()
    weak = {"APP_ENV": "development", "CLOCK_OFFSET_FILE": "", "AUTH_JWT_SECRET": "too-short"}
    said = start_portal(weak).log()
    assert "AUTH_JWT_SECRET is shorter than 32 bytes" in said
    assert "too-short" not in said


@pytest.mark.row("TK14")
def test_any_database_but_sqlite_needs_the_root_secret(start_portal: StartPortal) -> None:
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:9/nowhere", "AUTH_REFRESH_SECRET": ""}
    assert "AUTH_REFRESH_SECRET: is required" in ends(start_portal(nowhere, wait=False))


@pytest.mark.row("TK14")
def test_another_root_secret_than_the_databases_is_refused(start_portal: StartPortal) -> None:
    """On the other databases pinning is a promise of the port (tests/ports/test_signing_keys.py)."""
    portal = start_portal()
    person = portal.a_person()
    portal.stop()
    portal.settings["AUTH_REFRESH_SECRET"] = GOOD
    assert "belongs to another root secret" in ends(portal.start(wait=False))
    portal.settings["AUTH_REFRESH_SECRET_PREVIOUS"] = ROOT_SECRET
    portal.start()
    assert person.device.refresh().status_code == 200, "with the former one named nobody is signed out"
