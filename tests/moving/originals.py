"""A database as the original writes it: ordinary rows, and every oddity that is known of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import bcrypt
from bson import ObjectId

Row = dict[str, Any]
START = datetime(2021, 3, 1, 9, 30, tzinfo=UTC)
PASSWORDS = tuple(f"secret{number}" for number in range(8))  # six characters were enough there
CHEAP, REAL = 4, 10  # a cost of 10 is what the original uses; a few rows have it


@dataclass(frozen=True)
class Hashes:
    """Hashes made once: bcrypt is slow on purpose."""

    cheap: tuple[bytes, ...]
    real: bytes
    of_nothing: tuple[bytes, ...]
    really_of_nothing: bytes

    @classmethod
    def make(cls) -> "Hashes":
        """Known passwords, and the empty text as the original hashed it for people of providers."""

        def hashed(text: str, cost: int) -> bytes:
            return bcrypt.hashpw(text.encode(), bcrypt.gensalt(cost))

        return cls(
            cheap=tuple(hashed(password, CHEAP) for password in PASSWORDS),
            real=hashed(PASSWORDS[0], REAL),
            of_nothing=tuple(hashed("", CHEAP) for _ in range(4)),
            really_of_nothing=hashed("", REAL),
        )


def object_id(number: int) -> ObjectId:
    """A 24-hex id that says when it was made."""
    seconds = int((START + timedelta(minutes=number)).timestamp())
    return ObjectId(f"{seconds:08x}{number:016x}")


def ordinary(number: int, hashes: Hashes) -> Row:
    """Somebody with a password and a confirmed address, with everything that is to be dropped."""
    made = START + timedelta(minutes=number, milliseconds=number % 1000)
    return {
        "_id": object_id(number),
        "firstName": f"First {number}",
        "lastName": f"Last {number}",
        "email": f"person{number}@example.org",
        "password": hashes.cheap[number % len(PASSWORDS)].decode(),
        "refreshToken": ["eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.c2lnbmF0dXJl"],
        "status": 1,
        "hash": None,
        "lastPasswordChange": made + timedelta(days=3) if number % 3 == 0 else None,
        "socialId": None,
        "socialType": None,
        "createdAt": made,
        "updatedAt": made + timedelta(days=1),
        "__v": 0,
    }


def social(number: int, hashes: Hashes, subject: object, said: str, **other: object) -> Row:
    """Somebody who came by a provider: the password is the hash of an empty text."""
    nothing = hashes.of_nothing[number % len(hashes.of_nothing)].decode()
    row = ordinary(number, hashes)
    return {**row, "password": nothing, "socialId": subject, "socialType": said, **other}


def google_id(number: int) -> str:
    """Twenty-one digits."""
    return f"1{number:020d}"


def without(row: Row, *names: str) -> Row:
    """The row lacks these fields."""
    return {name: value for name, value in row.items() if name not in names}


Make = Callable[[int, Hashes], Row]

ODDITIES: dict[str, Make] = {
    "unconfirmed": lambda n, h: {**ordinary(n, h), "status": 2, "hash": "a-confirm-token-in-clear"},
    "status as text": lambda n, h: {**ordinary(n, h), "status": "1"},
    "no status": lambda n, h: without(ordinary(n, h), "status"),
    "real cost": lambda n, h: {**ordinary(n, h), "password": h.real.decode()},
    "github": lambda n, h: social(n, h, str(1000 + n), "github"),
    "github as number": lambda n, h: social(n, h, 1000 + n, "github"),
    "github, real cost": lambda n, h: social(
        n, h, str(1000 + n), "github", password=h.really_of_nothing.decode()
    ),
    "google as github": lambda n, h: social(n, h, google_id(n), "github"),
    "google as google": lambda n, h: social(n, h, google_id(n), "google"),
    "social with a password": lambda n, h: social(
        n, h, str(1000 + n), "github", password=h.cheap[n % len(PASSWORDS)].decode()
    ),
    "social without address": lambda n, h: social(n, h, str(1000 + n), "github", email=None),
    "strange social id": lambda n, h: social(n, h, "undefined", "github"),
    "no address": lambda n, h: {**ordinary(n, h), "email": None},
    "address missing": lambda n, h: without(ordinary(n, h), "email"),
    "address is none": lambda n, h: {**ordinary(n, h), "email": f"person{n} at example"},
    "upper case": lambda n, h: {**ordinary(n, h), "email": f"  Person{n}@EXAMPLE.org "},
    "international": lambda n, h: {**ordinary(n, h), "email": f"person{n}@bücher.example"},
    "no password": lambda n, h: {**ordinary(n, h), "password": None},
    "password in clear": lambda n, h: {**ordinary(n, h), "password": "secret"},
    "no names": lambda n, h: without(ordinary(n, h), "firstName", "lastName"),
    "names of other types": lambda n, h: {**ordinary(n, h), "firstName": 42, "lastName": None},
    "strange names": lambda n, h: {**ordinary(n, h), "firstName": "O'Zoë 🦊\u0007", "lastName": "x" * 1000},
    "no dates": lambda n, h: without(ordinary(n, h), "createdAt", "updatedAt"),
    "dates as text": lambda n, h: {**ordinary(n, h), "createdAt": "2021-05-05T10:00:00.000Z"},
    "text as id": lambda n, h: {**ordinary(n, h), "_id": f"legacy-{n}"},
    "id of another type": lambda n, h: {**ordinary(n, h), "_id": {"odd": n}},
    "deleted there": lambda n, h: {**ordinary(n, h), "deletedAt": START},
}
"""One row each, over and over. Doubles, which need two rows, are made by `doubles`."""


def doubles(number: int, hashes: Hashes) -> list[Row]:
    """Three pairs: by case with one confirmed, by case with a provider, the same identity twice."""
    case = [
        {**ordinary(number, hashes), "email": f"double{number}@example.org", "status": 2},
        {**ordinary(number + 1, hashes), "email": f"Double{number}@Example.org"},
    ]
    by_provider = [
        {**ordinary(number + 2, hashes), "email": f"both{number}@example.org"},
        social(
            number + 3, hashes, str(9_000_000 + number), "github", email=f"BOTH{number}@example.org", status=2
        ),
    ]
    twice = str(7_000_000 + number)
    identity = [social(number + 4, hashes, twice, "github"), social(number + 5, hashes, twice, "github")]
    return [*case, *by_provider, *identity]


def originals(many: int, hashes: Hashes, *, each: int) -> Iterator[tuple[str, Row]]:
    """`many` rows in all with their kinds: `each` of every oddity, the rest ordinary."""
    number = 0
    for _ in range(each):
        for kind, make in ODDITIES.items():
            yield kind, make(number, hashes)
            number += 1
        for row in doubles(number, hashes):
            yield "double", row
            number += 1
    while number < many:
        yield "ordinary", ordinary(number, hashes)
        number += 1
