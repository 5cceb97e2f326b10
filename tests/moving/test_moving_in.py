"""Moving in by the command: dry first, from a file or a server, cut short and gone on with."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from auth_portal.accounts.account import Account, Identity
from auth_portal.accounts.store import Accounts
from auth_portal.cli.moving import understood
from auth_portal.core.clock import system_clock
from auth_portal.core.refusal import unavailable
from auth_portal.moving.arrival import Remark
from auth_portal.moving.dump import Dump
from auth_portal.storage.mongo.original import open_original
from tests.moving.conftest import write_dump
from tests.moving.originals import PASSWORDS, Hashes, originals
from tests.moving.target import everybody, move_in, opened
from tests.rig import mongo
from tests.rig.scale import spared
from tests.rig.server import REAL_HASHES, Portal

EACH = 2
MANY = 400
ENOUGH = 200  # rows that were moved before the run is killed
pytestmark = pytest.mark.timeout(300)


def some(hashes: Hashes) -> list[dict[str, object]]:
    """A small database of the original, with every oddity."""
    return [row for _, row in originals(MANY, hashes, each=EACH)]


def test_without_apply_nothing_is_written_and_all_is_said(
    hashes: Hashes, database: dict[str, str], tmp_path: Path
) -> None:
    source = Dump(write_dump(tmp_path / "users.json", some(hashes)), system_clock, understood)

    async def work() -> None:
        async with opened(database, tmp_path) as stores:
            before = await stores.admin.row_counts()
            report = await move_in(stores)(source, "original", apply=False, told=lambda _many: None)
            assert await stores.admin.row_counts() == before
            done = await move_in(stores)(source, "original", apply=True, told=lambda _many: None)
            assert (report.taken, report.left, report.unusable) == (done.taken, done.left, done.unusable)
            assert (report.remarks, report.facts) == (done.remarks, done.facts)
            assert "Nothing was written" in "\n".join(report.lines())

    asyncio.run(work())


def test_a_running_database_and_its_dump_bring_the_same_people(hashes: Hashes, tmp_path: Path) -> None:
    if (why := mongo.why_untested()) is not None:
        pytest.skip(why)
    rows = some(hashes)

    async def work(url: str) -> None:
        database = open_original(url, system_clock, understood)
        dump = Dump(write_dump(tmp_path / "users.json", rows), system_clock, understood)
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
        async with opened({}, tmp_path / "one") as one, opened({}, tmp_path / "other") as other:
            live = await move_in(one)(database, "original", apply=True, told=lambda _many: None)
            filed = await move_in(other)(dump, "original", apply=True, told=lambda _many: None)
            assert live.dropped == {"sessions": 3, "forgots": 1}
            assert live.remarks == filed.remarks
            here, there = await everybody(one), await everybody(other)
            assert here == there
            assert len(here) == live.taken
        await database.close()

    with mongo.empty_database() as url:
        with mongo.client(url) as client:
            original = client.get_default_database()
            original["users"].insert_many(rows)
            original["sessions"].insert_many([{"token": str(number)} for number in range(3)])
            original["forgots"].insert_one({"hash": "x"})
            before = list(original["users"].find().sort("_id", 1))
        asyncio.run(work(url))
        with mongo.client(url) as client:
            assert list(client.get_default_database()["users"].find().sort("_id", 1)) == before, "only read"


def test_who_came_meanwhile_keeps_address_and_identity(hashes: Hashes, tmp_path: Path) -> None:
    rows = some(hashes)
    ordinary = next(row for row in reversed(rows) if row["status"] == 1)
    github = next(row for row in rows if row.get("socialId") == "1004")
    source = Dump(write_dump(tmp_path / "users.json", rows), system_clock, understood)

    async def work() -> None:
        now = system_clock()
        async with opened({}, tmp_path) as stores:
            new = Account("new-1", str(ordinary["email"]), "", "", now, now, password_hash="$argon2id$new")
            linked = Account("new-2", "other@example.org", "", "", now, now)
            assert await stores.accounts.create(new)
            identity = Identity("new-3", linked.id, "github", "1004", None, now)
            assert await stores.accounts.create(linked, identity)
            report = await move_in(stores)(source, "original", apply=True, told=lambda _many: None)
            assert report.remarks[Remark.EMAIL_TAKEN] == report.remarks[Remark.IDENTITY_TAKEN] == 1
            assert await stores.accounts.find_by_email(str(ordinary["email"])) == new
            assert await stores.accounts.find(str(ordinary["_id"])) is None
            assert await stores.accounts.find_by_identity("github", "1004") == linked
            moved = await stores.accounts.find(str(github["_id"]))
            assert moved is not None
            assert moved.social_type is None

    asyncio.run(work())


def test_lines_that_are_no_json_are_named_and_the_others_come(hashes: Hashes, tmp_path: Path) -> None:
    path = write_dump(tmp_path / "users.json", some(hashes)[-3:])
    path.write_bytes(
        b"\xef\xbb\xbf{broken\n\n" + path.read_bytes() + b'[1]\n"text"\n' + b"[" * 100_000 + b"\n\xff\n"
    )
    source = Dump(tmp_path, system_clock, understood)

    async def work() -> None:
        async with opened({}, tmp_path) as stores:
            report = await move_in(stores)(source, "original", apply=True, told=lambda _many: None)
            assert (report.rows, report.taken, report.unusable) == (8, 3, 5)
            assert [where for where, _ in report.notes] == ["line 1", "line 6", "line 7", "line 8", "line 9"]

    asyncio.run(work())


def test_a_run_that_is_killed_is_gone_on_with(
    hashes: Hashes, database: dict[str, str], start_portal: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = start_portal(database, **REAL_HASHES)
    many = spared(database, 3_000, 500)
    rows = [row for _, row in originals(many, hashes, each=1)]
    dump = write_dump(tmp_path / "users.json", rows)
    command = [sys.executable, "-m", "auth_portal", "import", "original", "--from-dump", str(dump), "--apply"]
    log = tmp_path / "cut-short.log"
    with log.open("wb") as said:
        cut = subprocess.Popen(command, env=portal.environment(), cwd=portal.folder, stdout=said, stderr=said)
        some_are_here = wait_for_some(portal, rows, cut)
        cut.kill()
        cut.wait()
    assert some_are_here, log.read_text()
    whole = portal.run("import", "original", "--from-dump", str(dump), "--apply")
    again = portal.run("import", "original", "--from-dump", str(dump), "--apply")
    taken, already = counts_of(whole)
    assert taken > 0, "it was cut short"
    assert already > 0, "not at its very beginning"
    assert taken + already == many - 6
    assert counts_of(again) == (0, many - 6), "the third changes nothing"


def counts_of(said: str) -> tuple[int, int]:
    """How many were taken over, and how many were here."""
    found = re.search(r"^  (\d+) taken over\n  (\d+) are here already", said, re.MULTILINE)
    assert found is not None, said
    return int(found[1]), int(found[2])


def wait_for_some(portal: Portal, rows: list[dict[str, object]], cut: subprocess.Popen[bytes]) -> bool:
    """Until somebody from the early rows can sign in; False when the run is over before that."""
    email = str(rows[ENOUGH]["email"])
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and cut.poll() is None:
        if portal.device().login(email, PASSWORDS[ENOUGH % len(PASSWORDS)]).status_code == 200:
            return True
        time.sleep(0.05)
    return False


def test_people_sign_in_with_what_they_knew(
    hashes: Hashes, database: dict[str, str], start_portal: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = start_portal(database, **REAL_HASHES)
    rows = [(kind, row) for kind, row in originals(60, hashes, each=1)]
    dump = write_dump(tmp_path / "users.json", [row for _, row in rows])
    dry = portal.run("import", "original", "--from-dump", str(dump))
    assert "would be taken over" in dry
    number, ordinary = next((at, row) for at, (kind, row) in enumerate(rows) if kind == "ordinary")
    password = PASSWORDS[number % len(PASSWORDS)]
    assert portal.device().login(ordinary["email"], password).status_code == 400, "not here yet"
    portal.run("import", "original", "--from-dump", str(dump), "--apply")

    device = portal.device()
    assert device.login(ordinary["email"], password).status_code == 200
    me = device.me().json()
    assert (me["id"], me["status"]) == (str(ordinary["_id"]), 1)
    assert (me["firstName"], me["lastName"]) == (ordinary["firstName"], ordinary["lastName"])
    assert portal.device().login(ordinary["email"], password + "x").status_code == 400
    assert portal.device().login(ordinary["email"].upper(), password).status_code == 200

    real = next(row for kind, row in rows if kind == "real cost")
    assert portal.device().login(real["email"], PASSWORDS[0]).status_code == 200
    social = next(row for kind, row in rows if kind == "github")
    assert portal.device().login(social["email"], "").status_code == 400, "the hash of nothing opens nothing"
    assert hash_of(database, portal, str(ordinary["_id"])).startswith("$argon2id$"), "hashed anew"
    assert hash_of(database, portal, str(real["_id"])).startswith("$argon2id$")


def hash_of(database: dict[str, str], portal: Portal, account_id: str) -> str:
    """The stored hash, read beside the running server."""

    async def work() -> str:
        async with opened(database, portal.folder) as stores:
            account = await stores.accounts.find(account_id)
            assert account is not None
            return str(account.password_hash)

    return asyncio.run(work())


@dataclass
class Stumbling:
    """An accounts port in front of the real one, on which some answers get lost."""

    real: Accounts
    calls: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    async def create(self, account: Account, *identities: Identity) -> bool:
        """Every fiftieth is carried out, but the answer never comes; every other fiftieth is not."""
        self.calls += 1
        mine = self.calls
        if mine % 50 == 0:
            await self.real.create(account, *identities)
        if mine % 25 == 0:
            raise unavailable("the answer got lost")
        return await self.real.create(account, *identities)


def test_lost_answers_are_waited_out_and_everybody_counts_once(
    hashes: Hashes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth_portal.moving.move_in.PAUSES", (0.01,) * 9)
    source = Dump(write_dump(tmp_path / "users.json", some(hashes)), system_clock, understood)

    async def work() -> None:
        async with opened({}, tmp_path) as stores:
            flow = replace(move_in(stores), accounts=Stumbling(stores.accounts))  # type: ignore[arg-type]
            report = await flow(source, "original", apply=True, told=lambda _many: None)
            assert (report.taken, report.already) == (MANY - 6 * EACH, 0)
            here = await everybody(stores)
            assert len(here) == report.taken
            events = [len(await stores.journal.of(account_id, None, 10)) for account_id in here]
            assert events == [1] * len(here)

    asyncio.run(work())
