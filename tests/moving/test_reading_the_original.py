"""One row of the original at a time: what is read from it, whatever was written there."""

from datetime import UTC, datetime, timedelta

import pytest

from auth_portal.cli.moving import understood
from auth_portal.moving.arrival import Arrival, ArrivingIdentity, Remark, Unusable
from auth_portal.moving.decide import Claims, Fate, Standing, decide
from auth_portal.moving.extended_json import plain
from auth_portal.moving.original import provider_of, read_original

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HASH = "$2b$10$" + "a" * 53
ID = "507f1f77bcf86cd799439011"


def read(**fields: object) -> Arrival:
    """A row with an id and these fields."""
    found = read_original({"_id": ID, **fields}, "line 1", NOW, understood)
    assert isinstance(found, Arrival)
    return found


@pytest.mark.parametrize(
    ("subject", "said", "provider"),
    [
        ("1234567", "github", "github"),
        ("1", "github", "github"),
        ("123456789012", "github", "github"),
        ("1" * 21, "github", "google"),
        ("1" * 21, "google", "google"),
        ("1" * 18, "", "google"),
        ("1234567", "google", None),
        ("1" * 13, "github", None),
        ("1" * 17, "google", None),
        ("1" * 23, "google", None),
        ("", "github", None),
        (" 123", "github", None),
        ("-123", "github", None),
        ("12a", "github", None),
        ("\u0661\u0662\u0663", "github", None),
    ],
)
def test_the_form_of_the_id_says_whose_it_is(subject: str, said: str, provider: str | None) -> None:
    assert provider_of(subject, said) == provider


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (None, "no object"),
        (["_id", ID], "no object"),
        ({}, "id"),
        ({"_id": None}, "id"),
        ({"_id": {"$oid": ID}}, "id"),
        ({"_id": "a b"}, "id"),
        ({"_id": "x" * 65}, "id"),
        ({"_id": True}, "id"),
        ({"_id": ID, "deletedAt": NOW}, "deleted"),
    ],
)
def test_a_row_of_which_nothing_can_be_made_is_named(raw: object, why: str) -> None:
    found = read_original(raw, "line 7", NOW, understood)
    assert isinstance(found, Unusable)
    assert found.where == "line 7"
    assert why in found.why


def test_nothing_that_signs_in_is_read_from_a_row() -> None:
    secrets = {"refreshToken": ["a.b.c"], "hash": "confirm-token", "__v": 3}
    assert read(email="a@b.org", **secrets) == read(email="a@b.org")


@pytest.mark.parametrize("status", [1, 1.0, "1"])
def test_status_one_is_a_confirmed_address(status: object) -> None:
    assert read(email="a@b.org", status=status, createdAt=NOW).email_confirmed_at == NOW


@pytest.mark.parametrize("status", [2, "2", None, True, "true", [1], {"one": 1}])
def test_anything_else_is_not(status: object) -> None:
    assert read(email="a@b.org", status=status).email_confirmed_at is None


def test_without_an_address_nothing_is_confirmed() -> None:
    assert read(email=None, status=1).email_confirmed_at is None


@pytest.mark.parametrize(
    "password", ["secret", "$2b$10$short", "$1$md5", 7, {"$gt": ""}, HASH + "x", "$2b$31$" + "a" * 53]
)
def test_what_is_no_checkable_hash_is_no_password(password: object) -> None:
    arrival = read(email="a@b.org", password=password)
    assert arrival.password_hash is None
    assert Remark.HASH_UNUSABLE in arrival.remarks


@pytest.mark.parametrize("password", [None, ""])
def test_no_hash_is_nothing_to_remark(password: object) -> None:
    assert read(email="a@b.org", password=password, createdAt=NOW).remarks == ()


def test_a_missing_date_is_taken_from_the_object_id() -> None:
    arrival = read(email="a@b.org")
    assert arrival.created_at == arrival.updated_at == datetime(2012, 10, 17, 21, 13, 27, tzinfo=UTC)
    assert Remark.DATE_GUESSED in arrival.remarks


@pytest.mark.parametrize(
    "date",
    [
        "2021-05-05T10:00:00.123Z",
        "2021-05-05T12:00:00.123456+02:00",
        1620208800123,
        datetime(2021, 5, 5, 10, 0, 0, 123999),  # noqa: DTZ001 -- drivers hand out naive UTC
    ],
)
def test_dates_come_in_several_forms(date: object) -> None:
    assert read(createdAt=date).created_at == datetime(2021, 5, 5, 10, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize("date", ["yesterday", 10**20, float("inf"), [], True, {}])
def test_an_unreadable_date_is_a_remark(date: object) -> None:
    assert Remark.DATE_GUESSED in read(createdAt=date).remarks


def test_extended_json_is_read_in_both_versions() -> None:
    written = {
        "_id": {"$oid": ID},
        "canonical": {"$date": {"$numberLong": "1620208800123"}},
        "relaxed": {"$date": "2021-05-05T10:00:00.123Z"},
        "old": {"$date": 1620208800123},
        "whole": {"$numberInt": "1"},
        "long": {"$numberLong": "5"},
        "real": {"$numberDouble": "1.0"},
        "list": [{"$numberInt": "2"}],
        "broken": {"$date": {"$numberLong": "99999999999999999999"}},
        "other": {"$gt": ""},
    }
    at = datetime(2021, 5, 5, 10, 0, 0, 123000, tzinfo=UTC)
    read_back = plain(written)
    assert read_back == {
        "_id": ID,
        "canonical": at,
        "relaxed": at,
        "old": at,
        "whole": 1,
        "long": 5,
        "real": 1.0,
        "list": [2],
        "broken": "99999999999999999999",
        "other": {"$gt": ""},
    }


def an_arrival(where: str = "line 1", **fields: object) -> Arrival:
    """Somebody with an address and a password."""
    usual: dict[str, object] = {
        "id": where,
        "email": "a@b.org",
        "first_name": "",
        "last_name": "",
        "created_at": NOW,
        "updated_at": NOW,
        "password_hash": HASH,
    }
    return Arrival(where=where, **{**usual, **fields})  # type: ignore[arg-type]


def claims_of(*arrivals: Arrival) -> Claims:
    """What these rows claim."""
    claims = Claims()
    for arrival in arrivals:
        claims.note(arrival)
    return claims


GITHUB = ArrivingIdentity("github", "1")
BARE = Standing()


def test_an_ordinary_row_is_taken_as_it_is() -> None:
    one = an_arrival()
    assert decide(one, claims_of(one), BARE, hash_of_nothing=False).arrival == one


def test_a_row_that_is_here_is_left_alone() -> None:
    one = an_arrival()
    assert decide(one, claims_of(one), Standing(exists=True), hash_of_nothing=False).fate is Fate.ALREADY


def test_a_hash_of_nothing_becomes_no_password() -> None:
    one = an_arrival(identities=(GITHUB,))
    decision = decide(one, claims_of(one), BARE, hash_of_nothing=True)
    assert decision.arrival.password_hash is None
    assert Remark.HASH_OF_NOTHING in decision.arrival.remarks


@pytest.mark.parametrize("order", [1, -1])
def test_an_address_goes_to_who_proved_it_whatever_the_order(order: int) -> None:
    squatter = an_arrival("a", updated_at=NOW + timedelta(days=9))
    owner = an_arrival("b", email_confirmed_at=NOW)
    claims = claims_of(*[squatter, owner][::order])
    assert decide(owner, claims, BARE, hash_of_nothing=False).fate is Fate.TAKE
    lost = decide(squatter, claims, BARE, hash_of_nothing=False)
    assert lost.fate is Fate.LEAVE
    assert {Remark.EMAIL_DUPLICATE, Remark.NO_WAY_IN} <= set(lost.arrival.remarks)


def test_who_loses_the_address_keeps_the_provider_but_not_the_password() -> None:
    owner = an_arrival("a", email_confirmed_at=NOW)
    other = an_arrival("b", identities=(GITHUB,), social_type="github")
    decision = decide(other, claims_of(owner, other), BARE, hash_of_nothing=False)
    assert decision.fate is Fate.TAKE
    taken = decision.arrival
    assert (taken.email, taken.password_hash, taken.identities) == (None, None, (GITHUB,))


def test_an_identity_goes_to_the_older_row() -> None:
    young = an_arrival("a", identities=(GITHUB,), social_type="github", created_at=NOW + timedelta(days=1))
    old = an_arrival("b", email="c@d.org", identities=(GITHUB,), social_type="github")
    claims = claims_of(young, old)
    assert decide(old, claims, BARE, hash_of_nothing=False).arrival.identities == (GITHUB,)
    taken = decide(young, claims, BARE, hash_of_nothing=False).arrival
    assert (taken.identities, taken.social_type) == ((), None)


def test_what_is_taken_here_already_is_not_taken_away() -> None:
    one = an_arrival(identities=(GITHUB,))
    both = Standing(email_taken=True, identities_taken=frozenset({("github", "1")}))
    assert decide(one, claims_of(one), both, hash_of_nothing=False).fate is Fate.LEAVE
    only_email = decide(one, claims_of(one), Standing(email_taken=True), hash_of_nothing=False)
    assert (only_email.fate, only_email.arrival.email) == (Fate.TAKE, None)


def test_of_two_rows_with_one_id_the_first_counts() -> None:
    first = an_arrival("a", id="same")
    second = an_arrival("b", id="same", updated_at=NOW + timedelta(days=1))
    claims = claims_of(first, second)
    assert decide(first, claims, BARE, hash_of_nothing=False).fate is Fate.TAKE
    assert decide(second, claims, BARE, hash_of_nothing=False).fate is Fate.ALREADY
