"""A database with people in it is opened by this version's schema, and refused when a newer one made it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import StartPortal
from tests.rig.databases import postgresql
from tests.rig.server import Portal

NEWER = "9999"

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


def set_version(portal: Portal, version: str) -> str:
    """Write another schema version into the database, as a newer program would; returns the one before."""
    url = portal.settings.get("DATABASE_URL")
    if url is None:
        with closing(sqlite3.connect(portal.folder / "auth-portal.db")) as database, database:
            (before,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
            database.execute("UPDATE alembic_version SET version_num = ?", (version,))
            return str(before)

    async def write() -> str:
        connection = await asyncpg.connect(url)
        try:
            before = await connection.fetchval("SELECT version_num FROM alembic_version")
            await connection.execute("UPDATE alembic_version SET version_num = $1", version)
        finally:
            await connection.close()
        return str(before)

    return asyncio.run(write())


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_newer_schema_is_refused_and_nothing_is_touched(engine: str, start_portal: StartPortal) -> None:
    if engine == "sqlite":
        refuses_newer(start_portal())
        return
    with postgresql() as settings:
        refuses_newer(start_portal(settings))


def refuses_newer(portal: Portal) -> None:
    """Neither serve nor migrate goes on; after going back everything works; migrating twice is harmless."""
    person = portal.a_person()
    portal.stop()
    before = set_version(portal, NEWER)
    portal.start(wait=False)
    assert portal.process is not None
    assert portal.process.wait(60) == 2
    assert NEWER in portal.log()
    assert "newer version" in portal.log()
    assert NEWER in portal.run("migrate", status=1)
    assert NEWER in portal.run("doctor", status=1)
    set_version(portal, before)
    portal.run("migrate")
    assert "current" in portal.run("migrate", "--plan")
    portal.start()
    assert person.device.signed_in()
    assert person.another_device().signed_in()


def test_a_database_from_before_any_schema_is_brought_up_to_date_once(start_portal: StartPortal) -> None:
    portal = start_portal(wait=False)
    portal.wait_until_ready()
    file: Path = portal.folder / "auth-portal.db"
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    person = portal.a_person()
    portal.stop()
    portal.start()
    assert "migrating" not in portal.log().split("Data", 2)[-1], "nothing is done twice"
    assert person.device.refresh().status_code == 200
