"""What a sign-in leaves behind when a part of it fails, or others come at the same time (OP2, SO rows)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from auth_portal.core.refusal import unavailable
from tests.faults.portal_in_process import a_portal
from tests.rig.postgres import migrated_database
from tests.rig.server import REAL_HASHES

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The one the server runs on."""
    return "asyncio"


@pytest.fixture
def postgresql() -> Iterator[str]:
    """Of a migrated PostgreSQL."""
    with migrated_database() as found:
        yield found


async def refusing(*_given: Any, **_named: Any) -> None:
    """The database has gone."""
    raise unavailable("of the test")


async def test_a_device_is_known_only_once_its_session_is_open(tmp_path: Path, postgresql: str) -> None:
    async with a_portal(tmp_path, postgresql) as portal:
        account, _ = await portal.a_person()
        operator = await asyncpg.connect(postgresql)
        async with operator.transaction():
            await operator.execute("LOCK TABLE sessions IN SHARE ROW EXCLUSIVE MODE")
            assert await portal.sign_in(account) == 503
        await operator.close()
        assert await portal.events(account) == ["registered", "signed_in"]
        assert await portal.sign_in(account) == 200
        assert await portal.posted("new_device") == 1, "the owner is told at the first sign-in that succeeds"


async def test_a_device_is_known_only_once_its_owner_is_told(tmp_path: Path, url: str | None) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        portal.fault.instead["outbox.post"] = refusing
        assert await portal.sign_in(account) == 503
        portal.fault.instead.clear()
        assert await portal.sign_in(account) == 200
        assert await portal.posted("new_device") == 1


async def test_of_sign_ins_at_once_from_a_new_device_few_write_a_letter(
    tmp_path: Path, url: str | None
) -> None:
    async with a_portal(tmp_path, url, PASSWORD_HASH_SLOTS="1", **REAL_HASHES) as portal:
        account, _ = await portal.a_person()
        assert await asyncio.gather(*(portal.sign_in(account) for _ in range(5))) == [200] * 5
        assert await portal.posted("new_device") <= 2


async def test_who_signs_in_while_devices_are_forgotten_is_told_of(tmp_path: Path, url: str | None) -> None:
    """As when they say that it was not them, while a sign-in waits for its hash."""
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        assert await portal.sign_in(account) == 200
        before = await portal.posted("new_device")

        async def count_and_forget(count: Any, *given: Any, **named: Any) -> Any:
            counted = await count(*given, **named)
            await portal.portal.stores.devices.forget(account.id)
            return counted

        portal.fault.instead["accounts.reserve_try"] = count_and_forget
        assert await portal.sign_in(account) == 200
        assert await portal.posted("new_device") == before + 1


async def test_a_try_that_cannot_be_given_back_undoes_no_sign_in(tmp_path: Path, url: str | None) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        portal.fault.instead["accounts.give_back_try"] = portal.fault.instead["accounts.forgive"] = refusing
        assert await portal.sign_in(account) == 200
        assert len(await portal.portal.stores.sessions.living(account.id, 0)) == 2
