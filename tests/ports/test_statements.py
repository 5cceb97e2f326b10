"""Every statement runs on each driver, with and without NULLs, and no hot one scans a table."""

import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec.structs import astuple

from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.driver import Statement
from auth_portal.storage.sql.open import open_sql
from auth_portal.storage.sql.statements import statements_for
from auth_portal.storage.stores import Stores
from tests.ports.openers import Quiet

pytestmark = pytest.mark.anyio

MAY_SCAN = (
    "signing_keys",  # a handful of rows
    "pins",
    "FROM letters ORDER BY letters.id DESC",  # walks the key from its newest end
)
SAMPLES: dict[str, Any] = {"text": "x", "varchar": "x", "int4": 1, "int8": 1, "bytea": b"x"}
NUMBERS = {"at_most", "keep", "today"}


def may_scan(statement: Statement) -> bool:
    text = " ".join(statement.text.split())
    return any(part in text for part in MAY_SCAN)


def statements_of(stores: Stores) -> list[Statement]:
    found = [one for slice_ in astuple(statements_for(stores.engine)) for one in astuple(slice_)]
    assert len(found) > 70
    return found


async def migrated(url: str) -> Stores:
    stores = await open_sql(StorageRules(url), Quiet())
    await stores.admin.migrate(lambda _line: None)
    return stores


async def test_sqlite_runs_every_statement_by_index(tmp_path: Path) -> None:
    stores = await migrated(f"sqlite:///{tmp_path / 'portal.db'}")
    connection = sqlite3.connect(tmp_path / "portal.db", isolation_level=None)
    scanning: list[str] = []
    for statement in statements_of(stores):
        nulls = {name: 1 if name in NUMBERS else None for name in statement.order}
        for values in (nulls, dict.fromkeys(statement.order, 1)):
            connection.execute("BEGIN")
            try:
                connection.execute(statement.text, {**values, **statement.constants}).fetchall()
            except sqlite3.IntegrityError:
                assert values is nulls
            connection.execute("ROLLBACK")
        given = {**nulls, **statement.constants}
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", given).fetchall()
        scans = [step[3] for step in plan if step[3].startswith("SCAN") and "CONSTANT ROW" not in step[3]]
        tables = [scan for scan in scans if scan.split()[1] not in {"taken", "old"}]
        if tables and not may_scan(statement):
            scanning.append(f"{tables}: {statement.text}")
    connection.close()
    await stores.close()
    assert scanning == []


async def test_postgresql_runs_every_statement_by_index(empty_postgresql: str) -> None:
    stores = await migrated(empty_postgresql)
    connection = await asyncpg.connect(empty_postgresql)
    await connection.execute("SET enable_seqscan = off")
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    scanning: list[str] = []
    for statement in statements_of(stores):
        prepared = await connection.prepare(statement.text)
        types = [parameter.name for parameter in prepared.get_parameters()]
        samples = dict(zip(statement.order, (SAMPLES[kind] for kind in types), strict=True))
        nulls = {name: samples[name] if name in NUMBERS else None for name in statement.order}
        for values in (samples, nulls):
            given = [{**values, **statement.constants}[name] for name in statement.order]
            transaction = connection.transaction()
            await transaction.start()
            try:
                await prepared.fetch(*given)
            except asyncpg.NotNullViolationError:
                assert values is nulls
            await transaction.rollback()
        plan = await connection.fetch(
            f"EXPLAIN {statement.text}",
            *({**samples, **statement.constants}[name] for name in statement.order),
        )
        if any("Seq Scan" in row[0] for row in plan) and not may_scan(statement):
            scanning.append(statement.text)
    await connection.close()
    await stores.close()
    assert scanning == []
