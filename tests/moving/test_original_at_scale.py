"""Thousands of accounts of the original, with every oddity, moved into each of the databases.

With STORM_SCALE=1 they are 10,000. The server that stands in for MongoDB takes minutes for so many: 400 of
them there otherwise.
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from auth_portal.accounts.account import Account
from auth_portal.cli.moving import understood
from auth_portal.core.clock import system_clock
from auth_portal.moving.arrival import Remark
from auth_portal.moving.dump import Dump
from auth_portal.moving.report import Report
from tests.moving.conftest import write_dump
from tests.moving.originals import ODDITIES, Hashes, Row, originals
from tests.moving.target import Everybody, accounts_of, everybody, move_in, opened
from tests.rig.scale import scaled, spared

Kinds = dict[str, list[Row]]
MANY, FEW = scaled(1_000, 10_000), 400
RARE = 250  # one row in so many is of a given oddity
pytestmark = pytest.mark.timeout(600)


def test_everybody_arrives_once_and_the_counts_reconcile(
    hashes: Hashes, database: dict[str, str], tmp_path: Path
) -> None:
    many = spared(database, MANY, FEW)
    each = many // RARE
    kinds = list(originals(many, hashes, each=each))
    dump = write_dump(tmp_path / "users.json", [row for _, row in kinds])
    source = Dump(dump, system_clock, understood)

    async def work() -> tuple[Report, dict[str, Account], Report, Everybody, int]:
        async with opened(database, tmp_path) as stores:
            first = await move_in(stores)(source, "original", apply=True, told=lambda _many: None)
            after_first = await accounts_of(stores)
            second = await move_in(stores)(source, "original", apply=True, told=lambda _many: None)
            events = 0
            for account_id in list(after_first)[:200]:
                events += len(await stores.journal.of(account_id, None, 10))
            return first, after_first, second, await everybody(stores), events

    first, after_first, second, after_second, events = asyncio.run(work())
    counted = (first.rows, first.taken, first.left, first.unusable)
    assert counted == (many, many - 6 * each, 4 * each, 2 * each)
    assert first.already == 0
    assert len(after_first) == first.taken
    assert events == 200, "one line of the journal for each"
    check_remarks(first, each)
    assert (second.taken, second.already) == (0, first.taken)
    assert (second.left, second.unusable) == (first.left, first.unusable)
    assert {name: account for name, (account, _) in after_second.items()} == after_first, "nothing changed"
    check_kinds(kinds, after_second)


def check_remarks(report: Report, each: int) -> None:
    """Every oddity is spoken of as often as it occurs."""
    assert report.remarks == Counter(
        {
            Remark.HASH_OF_NOTHING: 10 * each,
            Remark.GOOGLE_AS_GITHUB: each,
            Remark.IDENTITY_UNREADABLE: each,
            Remark.EMAIL_DUPLICATE: 2 * each,
            Remark.IDENTITY_DUPLICATE: each,
            Remark.HASH_UNUSABLE: each,
            Remark.NO_EMAIL: 3 * each,
            Remark.EMAIL_UNUSABLE: each,
            Remark.NO_WAY_IN: 4 * each,
            Remark.DATE_GUESSED: each,
            Remark.NAME_CLEANED: 2 * each,
        }
    )
    assert report.facts["sign in with github"] == 7 * each
    assert report.facts["sign in with google"] == 2 * each
    assert report.facts["have no address"] == 2 * each


def check_kinds(rows: list[tuple[str, Row]], here: Everybody) -> None:
    """Rows of each kind became what they should, all of them."""
    kinds: Kinds = {}
    for kind, row in rows:
        kinds.setdefault(kind, []).append(row)
    assert {*kinds} == {*ODDITIES, "ordinary", "double"}
    for row in kinds["ordinary"]:
        assert here[str(row["_id"])] == (expected(row), ())
    gone = ("no address", "address missing", "address is none", "id of another type", "deleted there")
    assert not any(str(row["_id"]) in here for kind in gone for row in kinds[kind])
    check_providers(kinds, here)
    check_addresses_and_passwords(kinds, here)
    check_doubles(kinds["double"], here)


def check_providers(kinds: Kinds, here: Everybody) -> None:
    """Google apart from GitHub, and no password where the original hashed nothing."""
    of = {
        "github": ("github", "github as number", "github, real cost"),
        "google": ("google as github", "google as google"),
    }
    for provider, names in of.items():
        for row in [row for name in names for row in kinds[name]]:
            account, identities = here[str(row["_id"])]
            assert (account.password_hash, account.social_type) == (None, provider)
            assert [one[:2] for one in identities] == [(provider, str(row["socialId"]))]
    for row in kinds["social with a password"]:
        assert here[str(row["_id"])][0].password_hash == row["password"]
    for row in kinds["social without address"]:
        account, identities = here[str(row["_id"])]
        assert (account.email, account.confirmed, len(identities)) == (None, False, 1)


def check_addresses_and_passwords(kinds: Kinds, here: Everybody) -> None:
    """One by one, what was odd about them."""
    unproved = [row for kind in ("unconfirmed", "no status") for row in kinds[kind]]
    assert not any(here[str(row["_id"])][0].confirmed for row in unproved)
    for row in kinds["upper case"]:
        assert here[str(row["_id"])][0].email == row["email"].strip().lower()
    for row in kinds["international"]:
        assert here[str(row["_id"])][0].email == row["email"].replace("bücher", "xn--bcher-kva")
    for row in kinds["password in clear"] + kinds["no password"]:
        assert here[str(row["_id"])][0].password_hash is None
    for row in kinds["strange names"]:
        account, _ = here[str(row["_id"])]
        assert (account.first_name, account.last_name) == ("O'Zoë 🦊", "x" * 255)
    for row in kinds["no dates"]:
        assert here[str(row["_id"])][0].created_at == row["_id"].generation_time


def check_doubles(rows: list[Row], here: Everybody) -> None:
    """An address goes to who proved it, an identity to who had it first."""
    for start in range(0, len(rows), 6):
        loser, winner, owner, by_provider, first, second = rows[start : start + 6]
        assert str(loser["_id"]) not in here
        assert here[str(winner["_id"])][0].email == winner["email"].lower()
        assert here[str(owner["_id"])][0].email == owner["email"]
        account, identities = here[str(by_provider["_id"])]
        assert (account.email, account.password_hash, len(identities)) == (None, None, 1)
        assert len(here[str(first["_id"])][1]) == 1
        account, identities = here[str(second["_id"])]
        assert (account.email, identities, account.social_type) == (second["email"], (), None)


def expected(row: Row) -> Account:
    """An ordinary row as an account."""
    return Account(
        id=str(row["_id"]),
        email=row["email"],
        first_name=row["firstName"],
        last_name=row["lastName"],
        created_at=row["createdAt"],
        updated_at=row["updatedAt"],
        password_hash=row["password"],
        email_confirmed_at=row["createdAt"],
        password_changed_at=row["lastPasswordChange"],
    )
