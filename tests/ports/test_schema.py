"""The schema: migrated once by whoever is first, never touched by a program that is older than it."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.driver import Statement
from auth_portal.storage.sql.open import open_sql
from auth_portal.storage.sql.schema import HEAD, MIGRATIONS, VERSIONS
from auth_portal.storage.sql.tables import METADATA
from auth_portal.storage.stores import NewerSchemaError, OlderSchemaError, StorageError, Stores
from tests.ports.builders import a_letter, kept
from tests.ports.openers import Open, Quiet
from tests.rig.postgres import run_sql

pytestmark = pytest.mark.anyio

AS_OF_THE_FIRST = ("DROP INDEX letters_account_id", "UPDATE alembic_version SET version_num = '0001'")
NEWER = Statement("UPDATE alembic_version SET version_num = '9999'", (), {}, returns_rows=False)


def silent(_line: str) -> None:
    """Nobody listens."""


async def test_a_current_schema_is_left_alone(stores: Stores) -> None:
    if stores.engine == "mongodb":
        return
    said: list[str] = []
    await stores.admin.migrate(said.append)
    assert said == []
    assert await stores.admin.schema_version() == HEAD
    assert await stores.admin.plan() == []
    await stores.admin.require_current()


async def test_a_schema_newer_than_the_program_is_refused(stores: Stores) -> None:
    if stores.engine == "mongodb":
        return
    await cast(Any, stores.accounts)._db.change(NEWER, {})
    for refused in (stores.admin.plan(), stores.admin.migrate(silent), stores.admin.require_current()):
        with pytest.raises(NewerSchemaError, match="9999"):
            await refused


async def test_many_instances_migrate_an_empty_file_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'portal.db'}"
    await _all_migrate(url)


async def test_many_instances_migrate_an_empty_server_once(empty_postgresql: str) -> None:
    await _all_migrate(empty_postgresql)


async def _all_migrate(url: str) -> None:
    said: list[str] = []
    instances = [await open_sql(StorageRules(url), Quiet()) for _ in range(4)]
    try:
        assert await instances[0].admin.schema_version() == ""
        assert len(await instances[0].admin.plan()) == len(VERSIONS)
        with pytest.raises(OlderSchemaError, match="migrate"):
            await instances[0].admin.require_current()
        await asyncio.gather(*(instance.admin.migrate(said.append) for instance in instances))
        assert [line.split(":")[0] for line in said] == list(VERSIONS)
        for instance in instances:
            await instance.admin.require_current()
            await kept(instance)
        assert (await instances[0].admin.row_counts())["accounts"] == len(instances)
        assert all(finding.sentence for finding in await instances[0].admin.check())
    finally:
        for instance in instances:
            await instance.close()


async def test_the_migrations_make_exactly_the_tables(open_database: Open, tmp_path: Path) -> None:
    stores = await open_database()
    try:
        await stores.admin.migrate(silent)
        if stores.engine != "sqlite":
            return
        with create_engine(f"sqlite:///{tmp_path / 'portal.db'}").connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
            connection.engine.dispose()
    finally:
        await stores.close()


async def test_what_stands_in_the_way_of_migrating_is_said_in_a_sentence(
    empty_postgresql: str, tmp_path: Path
) -> None:
    file = tmp_path / "portal.db"
    with closing(sqlite3.connect(file)) as foreign:
        foreign.execute("CREATE TABLE accounts (id text)")
    await asyncio.to_thread(run_sql, empty_postgresql, "CREATE TABLE accounts (id text)")
    for url in (f"sqlite:///{file}", empty_postgresql):
        stores = await open_sql(StorageRules(url), Quiet())
        with pytest.raises(
            StorageError, match=r"could not be brought up to date: .*accounts.* already exists"
        ):
            await stores.admin.migrate(silent)
        assert await stores.admin.schema_version() == "", "nothing half done stays"
        await stores.close()


def take_back(url: str, *statements: str) -> None:
    """Make the database one of an earlier schema."""
    if not url.startswith("sqlite"):
        run_sql(url, *statements)
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
        for statement in statements:
            file.execute(statement)


async def test_what_an_earlier_schema_held_is_there_after_the_step(
    empty_postgresql: str, tmp_path: Path
) -> None:
    for url in (f"sqlite:///{tmp_path / 'portal.db'}", empty_postgresql):
        stores = await open_sql(StorageRules(url), Quiet())
        await stores.admin.migrate(silent)
        account = await kept(stores)
        await stores.outbox.post(a_letter(account_id=account.id))
        await asyncio.to_thread(take_back, url, *AS_OF_THE_FIRST)
        said: list[str] = []
        assert await stores.admin.plan() == ["0002: Letters are found by their account."]
        await stores.admin.migrate(said.append)
        assert [line.split(":")[0] for line in said] == ["0002"]
        await stores.admin.require_current()
        assert await stores.accounts.find(account.id) == account
        assert await stores.outbox.forget(account.id) == 1
        await stores.close()


def test_every_migration_has_its_number_in_the_list() -> None:
    numbers = sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v*.py"))
    assert numbers == list(VERSIONS)


def test_a_start_with_nothing_to_do_does_not_load_the_migrating_machine(tmp_path: Path) -> None:
    script = f"""
import asyncio, sys
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.open import open_sql
async def start():
    stores = await open_sql(StorageRules("sqlite:///{tmp_path}/portal.db"), None)
    await stores.admin.migrate(print)
    await stores.close()
asyncio.run(start())
print("alembic" in sys.modules, "asyncpg" in sys.modules)
"""
    run = [sys.executable, "-c", script]
    first = subprocess.run(run, check=True, capture_output=True, text=True, timeout=60)
    again = subprocess.run(run, check=True, capture_output=True, text=True, timeout=60)
    steps = ["0001: The first tables.", "0002: Letters are found by their account."]
    assert first.stdout.splitlines() == [*steps, "True False"]
    assert again.stdout.splitlines() == ["False False"]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:////proc/none/x.db", "mysql://x"])
async def test_what_cannot_be_opened_is_said_in_a_sentence(url: str) -> None:
    with pytest.raises(StorageError, match=r"SQL|SQLite"):
        await open_sql(StorageRules(url), Quiet())
