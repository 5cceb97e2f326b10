"""Moving in once more: ids that somebody else has, and people who deleted their account here."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from auth_portal.cli.moving import understood
from auth_portal.core.clock import system_clock
from auth_portal.core.visitor import NOBODY
from auth_portal.journal.event import Kind
from auth_portal.moving.arrival import Remark
from auth_portal.moving.report import Report
from auth_portal.moving.user_file import UserFile
from auth_portal.storage.stores import Stores
from tests.moving.target import move_in, opened

ADA = {"id": "1", "email": "ada@example.org"}


async def moved(stores: Stores, folder: Path, *people: Mapping[str, object], apply: bool = True) -> Report:
    """What came of these rows."""
    file = folder / "people.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in people))
    source = UserFile(file, system_clock, understood)
    return await move_in(stores)(source, "file", apply=apply, told=lambda _many: None)


async def leave(stores: Stores, account_id: str, *, for_good: bool) -> None:
    """The person deletes the account; `for_good` it is some hours ago."""
    now = system_clock()
    assert await stores.accounts.delete(account_id, now)
    await move_in(stores).record(Kind.ACCOUNT_DELETED, NOBODY, account_id=account_id)
    await stores.journal.pseudonymise(account_id)
    if for_good:
        assert account_id in await stores.accounts.deleted_before(now + timedelta(hours=1), 10)
        await stores.accounts.remove_deleted(account_id)


def test_an_id_that_stands_with_another_address_is_told_of(database: dict[str, str], tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(database, tmp_path) as stores:
            assert (await moved(stores, tmp_path, ADA)).taken == 1
            again = await moved(stores, tmp_path, ADA, {"id": "1"})
            assert (again.already, again.remarks, again.notes) == (2, {}, []), "the same person is no remark"
            other = {"id": "1", "email": "grace@example.org"}
            for apply in (False, True):
                report = await moved(stores, tmp_path, other, apply=apply)
                assert (report.taken, report.already) == (0, 1)
                assert report.remarks == {Remark.ID_WITH_ANOTHER_ADDRESS: 1}
                assert len(report.notes) == 1
            assert await stores.accounts.find_by_email("grace@example.org") is None

    asyncio.run(work())


def test_two_rows_with_one_id_and_two_addresses_are_told_of(tmp_path: Path) -> None:
    async def work() -> None:
        async with opened({}, tmp_path) as stores:
            other = {"id": "1", "email": "grace@example.org"}
            for apply in (False, True):
                report = await moved(stores, tmp_path, ADA, ADA, other, apply=apply)
                assert (report.taken, report.already) == (1, 2)
                assert report.remarks == {Remark.ID_WITH_ANOTHER_ADDRESS: 1}
                assert [where for where, _ in report.notes] == ["line 3"]

    asyncio.run(work())


def test_nobody_stays_behind_because_an_identitys_id_is_taken(
    database: dict[str, str], tmp_path: Path
) -> None:
    """Who signs in by it is known by provider and subject; its id is a handle only."""

    async def work() -> None:
        async with opened(database, tmp_path) as stores:
            ada, grace = (
                {"id": name, "identities": [{"id": "one", "provider": "acme", "subject": f"sub-{name}"}]}
                for name in ("1", "2")
            )
            report = await moved(stores, tmp_path, ada, grace)
            assert (report.taken, report.remarks) == (2, {Remark.NO_EMAIL: 2})
            linked = [(await stores.accounts.identities(name))[0] for name in ("1", "2")]
            assert [one.subject for one in linked] == ["sub-1", "sub-2"]

    asyncio.run(work())


def test_who_deleted_the_account_here_does_not_come_back(database: dict[str, str], tmp_path: Path) -> None:
    async def work() -> None:
        async with opened(database, tmp_path) as stores:
            grace = {"id": "2", "email": "grace@example.org"}
            assert (await moved(stores, tmp_path, ADA, grace)).taken == 2
            await leave(stores, "1", for_good=True)
            await leave(stores, "2", for_good=False)
            for apply in (False, True):
                report = await moved(stores, tmp_path, ADA, grace, apply=apply)
                assert (report.taken, report.already, report.left) == (0, 0, 2)
                assert report.remarks == {Remark.DELETED_HERE: 2}
            for person in (ADA, grace):
                assert await stores.accounts.find_by_email(person["email"]) is None

    asyncio.run(work())
