"""Refreshes while nothing can be written (OP2): what needs only reading is answered."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.portal_in_process import a_portal

pytestmark = [pytest.mark.anyio, pytest.mark.row("OP2")]


@pytest.fixture
def anyio_backend() -> str:
    """The one the server runs on."""
    return "asyncio"


async def test_a_second_tab_and_an_ended_session_are_answered_while_another_process_writes(
    tmp_path: Path,
) -> None:
    async with a_portal(tmp_path) as portal:
        _, mine = await portal.a_person()
        assert await portal.refresh(mine) == 200
        _, ended = await portal.a_person("bob@example.org")
        await portal.post("/auth/logout", refresh=ended)
        with closing(sqlite3.connect(tmp_path / "auth-portal.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await asyncio.gather(portal.refresh(mine), portal.refresh(ended)) == [200, 401]
            other.execute("ROLLBACK")
        assert await portal.refresh(mine) == 200
