"""OP13: settings that cannot be used: every reason at once, a status that is not zero, nothing served."""

import asyncio
import re
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from pymongo import MongoClient

from auth_portal.serving import Application
from auth_portal.settings.settings import read_settings
from tests.conftest import StartPortal
from tests.house.sources import ROOT
from tests.rig.logbook import Logbook
from tests.rig.server import ROOT_SECRET, Portal

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


def refusal(portal: Portal) -> str:
    """What it said when it refused to start."""
    assert portal.process is not None
    assert portal.process.wait(60) not in {0, -9}, portal.log()
    said = portal.log()
    assert "Traceback" not in said
    return said


@pytest.mark.row("OP13")
def test_all_reasons_are_told_at_once(start_portal: StartPortal) -> None:
    portal = start_portal(
        wait=False,
        APP_ENV="production",
        AUTH_REFRESH_SECRET="",
        DATABASE_URL="postgresql://auth:hunter2hunter2@127.0.0.1:1/auth",
        BACKEND_DOMAIN="http://auth.example.com",
        FRONTEND_DOMAIN="https://*.example.com,https://f\u00fcr.example",
        TRUSTED_PROXIES="",
        RATE_LIMITS="off",
        PASSWORD_HASH_COST="least",
        REFRESH_GRACE="5m",
        PASSWORD_MIN_LENGTH="four",
        MAIL_PORT="70000",
        AUTH_JWT_SECRET="short",
        OIDC_ACME_ISSUER="https://[::1",
        OIDC_ACME_CLIENT_ID="portal",
        OIDC_ACME_CLIENT_SECRET="secret",
        OIDC_acme_ISSUER="https://id.example.org",
        OIDC_NEXT_CLIENT_ID="portal",
        SOCIAL_RETURN_TO="/app,https://app.example.org/home",
        AUTH_SESSION_EXPIRES_IN="9999999d",
        AUTH_JWT_TOKEN_EXPIRE_IN="5m",
    )
    said = refusal(portal)
    for name in (
        "AUTH_REFRESH_SECRET",
        "BACKEND_DOMAIN",
        "FRONTEND_DOMAIN",
        "TRUSTED_PROXIES",
        "RATE_LIMITS",
        "REFRESH_GRACE",
        "PASSWORD_MIN_LENGTH",
        "MAIL_PORT",
        "AUTH_JWT_SECRET",
        "CLOCK_OFFSET_FILE",
        "PASSWORD_HASH_COST",
        "OIDC_ACME_ISSUER",
        "OIDC_acme_ISSUER",
        "OIDC_NEXT_ISSUER",
        "SOCIAL_RETURN_TO",
        "xn-- form",
        "AUTH_SESSION_EXPIRES_IN",
        "AUTH_JWT_TOKEN_EXPIRE_IN is not read: is AUTH_JWT_TOKEN_EXPIRES_IN meant?",
    ):
        assert name in said, f"{name} is not told:\n{said}"
    assert "hunter2" not in said
    assert not portal.ready()


@pytest.mark.row("OP13")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://auth@127.0.0.1/auth"),
        ("DATABASE_URL", "postgresql://auth:hunter2@127.0.0.1:port/auth"),
        ("DATABASE_URL", "sqlite:///auth.db?key=hunter2"),
        ("APP_PORT", "0"),
        ("TRUSTED_PROXIES", "everybody"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/0"),
        ("TRUSTED_PROXIES", "::/0"),
        ("TRUSTED_PROXIES", ","),
        ("REDIS_URL", "https://cache.example.com"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:port/0"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:1/0?ssl=true"),
        ("DATA_DIR", "/dev/null/data"),
        ("AUTH_JWT_TOKEN_EXPIRES_IN", "soon"),
        ("FRONTEND_DOMAIN", "*"),
    ],
)
def test_one_that_cannot_be_used_is_named(start_portal: StartPortal, name: str, value: str) -> None:
    said = refusal(start_portal(wait=False, AUTH_REFRESH_SECRET="", **{name: value}))
    assert name in said
    assert "hunter2" not in said


@pytest.mark.row("OP13")
def test_a_database_that_is_not_there_is_said_in_a_sentence(start_portal: StartPortal) -> None:
    said = refusal(start_portal(wait=False, DATABASE_URL="postgresql://auth:hunter2@127.0.0.1:1/auth"))
    assert "postgresql" in said.lower()
    assert "See DATABASE_URL" in said
    assert "hunter2" not in said


@pytest.mark.row("OP13")
def test_a_file_that_cannot_be_opened_is_said_in_a_sentence(start_portal: StartPortal) -> None:
    portal = start_portal(wait=False, DATABASE_URL="sqlite:////dev/null/auth.db")
    assert "/dev/null/auth.db cannot be opened" in refusal(portal)
    for words in (("migrate",), ("migrate", "--plan")):
        said = portal.run(*words, status=1)
        assert "/dev/null/auth.db cannot be opened" in said
        assert "Traceback" not in said


@pytest.mark.row("OP13")
def test_whatever_keeps_the_front_from_opening_the_database_is_let_go_of(tmp_path: Path) -> None:
    chosen = read_settings({"DATA_DIR": str(tmp_path), "AUTH_REFRESH_SECRET": ROOT_SECRET})
    nowhere = replace(chosen, storage=replace(chosen.storage, redis_url="nowhere"))
    log, said = Logbook(), list[str]()

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, str]) -> None:
        said.append(message["type"])

    async def start() -> None:
        await Application(nowhere, log, migrate=True)({"type": "lifespan"}, receive, send)

    before = threading.active_count()
    asyncio.run(start())
    assert said == ["lifespan.startup.failed"]
    assert "cannot start" in log.events("error")
    assert "Valkey URL must" in str(log.lines)
    assert threading.active_count() == before, "a thread of the database's is left"


def test_the_data_lie_in_the_folder_that_is_named_whatever_letters_it_has(start_portal: StartPortal) -> None:
    portal = start_portal()
    portal.stop()
    folder = portal.folder / "what?"
    portal.settings["DATA_DIR"] = str(folder)
    assert portal.start().a_person().device.signed_in()
    assert (folder / "auth-portal.db").exists()
    assert not (portal.folder / "what").exists()


@pytest.mark.row("OP13")
def test_a_port_that_is_taken_is_said(start_portal: StartPortal) -> None:
    portal = start_portal()
    second = start_portal(wait=False, APP_PORT=str(portal.port))
    said = refusal(second)
    assert "address already in use" in said.lower()
    assert "APP_PORT" in said
    assert second.process is not None
    assert second.process.returncode == 1
    assert portal.ready()


@pytest.mark.row("OP13")
def test_lines_of_the_env_file_that_cannot_be_read_are_told_with_the_rest(start_portal: StartPortal) -> None:
    portal = start_portal()
    portal.stop()
    (portal.folder / ".env").write_bytes(b"APP_NAME=x\r\nMAIL_HOST: y\r\nREFRESH_GRACE=soon\r\n")
    portal.start(wait=False)
    said = refusal(portal)
    assert ".env, line 2" in said
    assert "REFRESH_GRACE" in said


@pytest.mark.row("OP13")
def test_a_lost_key_file_is_asked_for_and_not_made_anew(start_portal: StartPortal) -> None:
    portal = start_portal(AUTH_REFRESH_SECRET="")
    portal.stop()
    (portal.folder / "root.key").rename(portal.folder / "kept")
    portal.start(wait=False)
    assert "root.key is missing" in refusal(portal)
    assert "root.key is missing" in portal.run("doctor", status=1)
    assert not (portal.folder / "root.key").exists()


def test_a_root_secret_that_is_lost_for_good_costs_sessions_and_nothing_else(
    database: dict[str, str], start_portal: StartPortal
) -> None:
    portal = start_portal(database)
    person = portal.a_person()
    portal.stop()
    forget_the_root(portal)
    portal.settings["AUTH_REFRESH_SECRET"] = "quite another secret of forty-odd bytes, 0123456789"
    portal.start()
    assert person.device.me().status_code == 401
    assert person.device.refresh().status_code == 401
    assert person.another_device().signed_in()


def forget_the_root(portal: Portal) -> None:
    """As docs/operations.md says, in each database's own words."""
    said = (ROOT / "docs" / "operations.md").read_text()
    changes = re.findall(r"^DELETE FROM \w+;$", said, re.MULTILINE)
    assert len(changes) == 2
    url = portal.settings.get("DATABASE_URL", "")
    if url.startswith("mongodb"):
        with MongoClient[dict[str, object]](url) as client:
            house = client.get_default_database("auth_portal")["portal_house"]
            assert house.delete_one({"_id": "root_secret"}).deleted_count == 1
            assert house.update_one({"_id": "signing_keys"}, {"$set": {"keys": []}}).modified_count == 1
    elif url:
        asyncio.run(execute(url, changes))
    else:
        with closing(sqlite3.connect(portal.folder / "auth-portal.db")) as file, file:
            file.executescript("".join(changes))


async def execute(url: str, changes: list[str]) -> None:
    """Run statements on PostgreSQL."""
    connection = await asyncpg.connect(url)
    try:
        for change in changes:
            await connection.execute(change)
    finally:
        await connection.close()
