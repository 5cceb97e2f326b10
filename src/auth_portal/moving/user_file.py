"""Files of users, one JSON object a line or CSV: how a row is read, and how ours are written."""

import csv
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from auth_portal.core.clock import Clock
from auth_portal.moving.arrival import Arrival, ArrivingIdentity, Read, Remark, Unusable
from auth_portal.moving.cleaning import Understood, Values, read_id, read_instant
from auth_portal.moving.dump import NoDumpError, documents

COLUMNS = (
    "id",
    "email",
    "firstName",
    "lastName",
    "locale",
    "emailVerified",
    "emailVerifiedAt",
    "passwordHash",
    "socialType",
    "createdAt",
    "updatedAt",
    "lastPasswordChange",
    "lastPasswordReset",
    "disabledAt",
    "identities",
)
LONGEST_LOCALE = 35  # RFC 5646 section 4.4.1
LONGEST_FIELD = 1_000_000
LONGEST_EMAIL = 254
LONGEST_SUBJECT = 255  # OpenID Connect Core section 2; a longer one fits into no index


@dataclass(frozen=True)
class UserFile:
    """The Source of `import users`. Rows without an id are told apart by their address."""

    path: Path
    clock: Clock
    understood: Understood

    async def rows(self) -> AsyncIterator[Read]:
        """See the port."""
        now = self.clock()
        for where, raw in self._raw():
            yield raw if isinstance(raw, Unusable) else read_user(raw, where, now, self.understood)

    async def count(self) -> int:
        """See the port."""
        return sum(1 for _ in self._raw())

    async def dropped(self) -> dict[str, int]:
        """See the port: a file of users holds nothing else."""
        return {}

    def _raw(self) -> Iterator[tuple[str, object]]:
        """Each row with its place, or what is wrong with it when it cannot be decoded."""
        if not self.path.is_file():
            raise NoDumpError(f"no file {self.path}")
        if self.path.suffix.lower() == ".csv":
            yield from csv_rows(self.path)
            return
        for where, text in documents(self.path):
            try:
                yield where, msgspec.json.decode(text)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                yield where, Unusable(where, "the line is no JSON")


def csv_rows(path: Path) -> Iterator[tuple[str, object]]:
    """Rows of a CSV file with a head line; empty cells are absent, `identities` holds JSON.

    Strict: a quote that is never closed would else swallow every person after it as somebody's name.
    """
    csv.field_size_limit(LONGEST_FIELD)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, strict=True)
        names = _head(lines, path)
        while True:
            where = f"line {lines.line_num + 1}"
            try:
                cells = next(lines, None)
            except csv.Error as error:
                yield where, Unusable(where, f"the line is no CSV: {error}")
                continue
            if cells is None:
                return
            if cells:
                yield where, _row(names, cells, where)


def _head(lines: Iterator[list[str]], path: Path) -> list[str]:
    """The names of the columns. Raises NoDumpError for a file that cannot bring anybody."""
    try:
        names = [name.strip() for name in next(lines, [])]
    except csv.Error as error:
        raise NoDumpError(f"{path} is no CSV: {error}") from None
    if names and not {"email", "identities"} & {*names}:
        raise NoDumpError(
            f"the first line of {path} names neither email nor identities; columns are separated by commas"
        )
    return names


def _row(names: list[str], cells: list[str], where: str) -> dict[str, object] | Unusable:
    """The filled cells under their names."""
    if any(cells[len(names) :]):
        return Unusable(where, "the line has more cells than the first line has names")
    if not all(cell.isascii() or cell.encode(errors="replace").decode() == cell for cell in cells):
        return Unusable(where, "the line is not UTF-8")
    row: dict[str, object] = {name: cell for name, cell in zip(names, cells, strict=False) if name and cell}
    if isinstance(text := row.get("identities"), str):
        with suppress(msgspec.DecodeError, RecursionError):
            row["identities"] = msgspec.json.decode(text)
    return row


def read_user(raw: object, where: str, now: datetime, understood: Understood) -> Read:
    """One row as an arrival; names of fields are those of the API, besides the hash."""
    if not isinstance(raw, dict):
        return Unusable(where, "the row is no object")
    given = raw.get("id")
    account_id = None if given in (None, "") else read_id(given)
    if given not in (None, "") and account_id is None:
        return Unusable(where, "the id has no usable form")
    values = Values(raw)
    created = values.instant("createdAt") or now
    email = values.email()
    identities = _identities(values)
    return Arrival(
        where=where,
        id=account_id,
        email=email,
        first_name=values.name("firstName"),
        last_name=values.name("lastName"),
        created_at=created,
        updated_at=values.instant("updatedAt") or created,
        password_hash=values.password_hash("passwordHash", understood),
        email_confirmed_at=_confirmed_at(values, created) if email is not None else None,
        locale=(values.text("locale") or "")[:LONGEST_LOCALE] or None,
        social_type=read_id(values.text("socialType")),
        password_changed_at=values.instant("lastPasswordChange"),
        password_reset_at=values.instant("lastPasswordReset"),
        disabled_at=values.instant("disabledAt"),
        identities=identities,
        remarks=tuple(values.remarks),
    )


def _confirmed_at(values: Values, created: datetime) -> datetime | None:
    """The instant itself, or that it is so, since the account was made."""
    return values.instant("emailVerifiedAt") or (created if values.truth("emailVerified") else None)


def _identities(values: Values) -> tuple[ArrivingIdentity, ...]:
    """Every identity with a provider and a subject; the others are remarked."""
    given = values.raw.get("identities")
    if given is None:
        return ()
    found: dict[tuple[str, str], ArrivingIdentity] = {}
    for one in given if isinstance(given, list) else [given]:
        facts = Values(one if isinstance(one, dict) else {})
        provider, subject = facts.text("provider"), facts.text("subject")
        known = provider is not None and read_id(provider) is not None and ":" not in provider
        if not known or provider is None or subject is None or len(subject) > LONGEST_SUBJECT:
            values.remark(Remark.IDENTITY_UNREADABLE)
            continue
        found[(provider, subject)] = ArrivingIdentity(
            provider=provider,
            subject=subject,
            email=(facts.text("email") or "")[:LONGEST_EMAIL] or None,
            linked_at=read_instant(facts.raw.get("linkedAt")),
            id=read_id(facts.raw.get("id")),
        )
    return tuple(found.values())
