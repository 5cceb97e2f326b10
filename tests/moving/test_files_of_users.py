"""Files of users: what comes in with foreign hashes, and that what goes out comes in again."""

import asyncio
import csv
import hashlib
import json
import stat
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import bcrypt
import pytest
from argon2 import PasswordHasher

from auth_portal.cli.moving import understood
from auth_portal.core.clock import system_clock
from auth_portal.moving.arrival import Remark, Unusable
from auth_portal.moving.dump import NoDumpError
from auth_portal.moving.move_out import MoveOut
from auth_portal.moving.user_file import UserFile
from tests.moving.originals import Hashes
from tests.moving.target import everybody, move_in, opened
from tests.rig.server import REAL_HASHES, Portal

PEOPLE: list[dict[str, object]] = [
    {
        "email": "full@example.org",
        "firstName": "Ada",
        "lastName": "Byron",
        "locale": "de",
        "emailVerified": True,
    },
    {
        "id": "abc-1",
        "email": "Upper@Example.org",
        "createdAt": "2020-02-02T02:02:02.002Z",
        "emailVerified": "no",
    },
    {
        "id": "abc-2",
        "email": None,
        "identities": [
            {
                "provider": "github",
                "subject": "77",
                "email": "x@example.org",
                "linkedAt": "2021-01-01T00:00:00Z",
            },
            {"provider": "google", "subject": "1" * 21},
            {"provider": "", "subject": "1"},
        ],
    },
    {
        "id": "abc-3",
        "email": "shut@example.org",
        "disabledAt": "2022-01-01T00:00:00Z",
        "passwordHash": "md5$x",
    },
]


# The example of https://github.com/firebase/scrypt, whose password is "user1password".
FIREBASE = (
    "$firebase-scrypt$ln=14,r=8,ss=Bw==,"
    "key=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
    "$42xEC+ixf3L2lw=="
    "$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)


def foreign_hashes(password: str) -> dict[str, str]:
    """The password's stored forms elsewhere, made by what makes them there, cheaply."""
    django = hashlib.pbkdf2_hmac("sha256", password.encode(), b"grain", 1000)
    phc = hashlib.scrypt(password.encode(), salt=b"0123456789abcdef", n=2**4, r=8, p=1, dklen=32)
    salt, hashed = (b64encode(raw).decode().rstrip("=") for raw in (b"0123456789abcdef", phc))
    return {
        "django": f"pbkdf2_sha256$1000$grain${b64encode(django).decode()}",
        "scrypt": f"$scrypt$ln=4,r=8,p=1${salt}${hashed}",
        "bcrypt": bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode(),
        "argon2": PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(password),
    }


def write_lines(path: Path, people: list[dict[str, object]]) -> Path:
    """JSON lines."""
    path.write_text("".join(json.dumps(one) + "\n" for one in people))
    return path


def write_csv(path: Path, people: list[dict[str, object]]) -> Path:
    """CSV with a head line, identities as JSON in their cell."""
    names = sorted({name for one in people for name in one})
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for one in people:
            cells = {
                name: json.dumps(value) if isinstance(value, list) else value for name, value in one.items()
            }
            writer.writerow(cells)
    return path


@pytest.mark.parametrize("write", [write_lines, write_csv])
def test_people_come_in_from_either_kind_of_file(
    write: Callable[[Path, list[dict[str, object]]], Path], tmp_path: Path
) -> None:
    suffix = "csv" if write is write_csv else "jsonl"
    source = UserFile(write(tmp_path / f"people.{suffix}", PEOPLE), system_clock, understood)

    async def work() -> None:
        async with opened({}, tmp_path) as stores:
            report = await move_in(stores)(source, "file", apply=True, told=lambda _many: None)
            assert (report.rows, report.taken) == (4, 4)
            assert report.remarks[Remark.HASH_UNUSABLE] == report.remarks[Remark.IDENTITY_UNREADABLE] == 1
            full = await stores.accounts.find_by_email("full@example.org")
            assert full is not None
            assert (full.first_name, full.last_name, full.locale, full.confirmed) == (
                "Ada",
                "Byron",
                "de",
                True,
            )
            upper = await stores.accounts.find("abc-1")
            assert upper is not None
            assert (upper.email, upper.confirmed, upper.created_at.year) == ("upper@example.org", False, 2020)
            identities = await stores.accounts.identities("abc-2")
            assert {(one.provider, one.subject) for one in identities} == {
                ("github", "77"),
                ("google", "1" * 21),
            }
            shut = await stores.accounts.find("abc-3")
            assert shut is not None
            assert (shut.active, shut.password_hash) == (False, None)
            again = await move_in(stores)(source, "file", apply=True, told=lambda _many: None)
            assert (again.taken, again.already) == (0, 4), "who has no id is known by the address"

    asyncio.run(work())


BROKEN = [
    ("a.jsonl", b'{"email":"a@x.org"}\n{oops\n{"email":"b@x.org"}', ["a@x.org", "line 2", "b@x.org"]),
    ("a.jsonl", b'\xef\xbb\xbf{"email":"a@x.org"}\n\n[1]\n{"email":"\xff"}', ["a@x.org", "line 3", "line 4"]),
    ("a.json", b'[{"email":"a@x.org"}, 7]', ["a@x.org", "element 2"]),
    ("a.csv", b'\xef\xbb\xbf"email",, locale \n\na@x.org,x,de\n', ["a@x.org"]),
    ("a.csv", b"email,firstName\na@x.org,M\xfcller\nb@x.org,M\xc3\xbcller\n", ["line 2", "b@x.org"]),
    ("a.csv", b'email,firstName\na@x.org,"Anna\nb@x.org,Berta\n', ["line 2"]),
    ("a.csv", b"email,firstName\na@x.org," + b"x" * 1_000_001 + b"\nb@x.org,y\n", ["line 2", "b@x.org"]),
    ("a.csv", b"email,passwordHash\na@x.org,Smith, x\nb@x.org,,,\n", ["line 2", "b@x.org"]),
]


@pytest.mark.parametrize(("name", "written", "expected"), BROKEN)
def test_a_broken_row_is_named_by_its_line_and_spoils_no_other(
    name: str, written: bytes, expected: list[str], tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(written)

    async def read() -> list[str | None]:
        rows = UserFile(file, system_clock, understood).rows()
        return [row.where if isinstance(row, Unusable) else row.email async for row in rows]

    assert asyncio.run(read()) == expected


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.json", b'[{"email":"a@x.org"},'),
        ("a.csv", b"Email;Name\na@x.org;x\n"),
        ("a.csv", "\ufeffemail,firstName\na@x.org,x\n".encode("utf-16")),
    ],
)
def test_a_file_that_brings_nobody_is_refused_as_a_whole(name: str, written: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(written)

    async def count() -> int:
        return await UserFile(tmp_path / name, system_clock, understood).count()

    with pytest.raises(NoDumpError, match=name):
        asyncio.run(count())


def test_a_hash_too_dear_to_compute_is_no_password_when_it_comes_in() -> None:
    dear = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("x").replace("m=64", "m=9999999")
    assert not understood(dear)
    assert understood(dear.replace("m=9999999", "m=64"))


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_what_goes_out_comes_in_again_unchanged(
    suffix: str, hashes: Hashes, database: dict[str, str], tmp_path: Path
) -> None:
    people = [
        *PEOPLE,
        {
            "id": "abc-4",
            "email": "h@example.org",
            "passwordHash": hashes.cheap[0].decode(),
            "firstName": 'a,"b"\u2028',
        },
    ]
    source = UserFile(write_lines(tmp_path / "people.jsonl", people), system_clock, understood)
    file = tmp_path / f"out.{suffix}"
    (tmp_path / "second").mkdir()

    async def work() -> None:
        async with opened(database, tmp_path) as stores:
            await move_in(stores)(source, "file", apply=True, told=lambda _many: None)
            here = await everybody(stores)
            with file.open("w", newline="", encoding="utf-8") as target:
                out = MoveOut(stores.accounts)
                write = out.write_csv if suffix == "csv" else out.write_lines
                assert await write(target, lambda _many: None) == 5
        async with opened({}, tmp_path / "second") as stores:
            back = UserFile(file, system_clock, understood)
            report = await move_in(stores)(back, "file", apply=True, told=lambda _many: None)
            assert (report.taken, report.remarks) == (5, {Remark.NO_EMAIL: 1})
            assert await everybody(stores) == here

    asyncio.run(work())


def test_people_keep_their_passwords_whatever_hashed_them(
    start_portal: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = start_portal(**REAL_HASHES)
    known = dict.fromkeys(foreign_hashes("x"), "user2 password")
    known["firebase"] = "user1password"
    hashes = {**foreign_hashes("user2 password"), "firebase": FIREBASE}
    people: list[dict[str, object]] = [
        {"email": f"{name}@example.org", "passwordHash": stored} for name, stored in hashes.items()
    ]
    said = portal.run("import", "users", str(write_lines(tmp_path / "people.jsonl", people)), "--apply")
    assert "5 have a password" in said
    for name, password in known.items():
        assert portal.device().login(f"{name}@example.org", password + "!").status_code == 400, name
        assert portal.device().login(f"{name}@example.org", password).status_code == 200, name
        assert portal.device().login(f"{name}@example.org", password).status_code == 200, "hashed anew"


def test_the_commands_write_a_private_file_and_read_it_back(
    start_portal: Callable[..., Portal], tmp_path: Path
) -> None:
    portal = start_portal(**REAL_HASHES)
    person = portal.a_person(confirmed=True)
    file = tmp_path / "people.jsonl"
    portal.run("export", "users", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "exists already" in portal.run("export", "users", str(file), status=1)
    (row,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (row["email"], row["emailVerified"]) == (person.email, True)
    assert row["passwordHash"].startswith("$argon2id$")

    second = start_portal(**REAL_HASHES)
    assert "1 would be taken over" in second.run("import", "users", str(file))
    assert second.device().login(person.email, person.password).status_code == 400
    report = tmp_path / "report.txt"
    assert "1 taken over" in second.run("import", "users", str(file), "--apply", "--report", str(report))
    assert second.device().login(person.email, person.password).status_code == 200
    assert "no file" in second.run("import", "users", str(tmp_path / "nothing.jsonl"), status=1)
    assert "--from" in second.run("import", "original", status=1)
    nowhere = str(tmp_path / "no folder" / "report.txt")
    assert "cannot be written" in second.run("import", "users", str(file), "--report", nowhere, status=1)
    (tmp_path / "cut.json").write_text('[{"email":')
    assert "JSON array" in second.run("import", "users", str(tmp_path / "cut.json"), status=1)
    assert "MongoDB URL" in second.run("import", "original", "--from", "mongodb://", status=1)
