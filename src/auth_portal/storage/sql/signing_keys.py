"""Signing keys and the root secret's check value on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, literal_column, null, select, update
from sqlalchemy.dialects.postgresql import insert

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.sessions.store import StoredKey
from auth_portal.storage.sql.driver import Database, Row, Step, Work
from auth_portal.storage.sql.tables import PINS, SIGNING_KEYS
from auth_portal.storage.sql.values import every, given, instant, milliseconds

K = SIGNING_KEYS.c
THIS = K.kid == given("kid")
ROOT = PINS.c.name == literal_column("'root'")


class SqlSigningKeys:
    """The port `SigningKeys`.

    Two instances that start at once may both see no key; the unique `first_of` lets one of them in.
    """

    def __init__(self, db: Database) -> None:
        new = every(SIGNING_KEYS)
        living = exists().where(K.algorithm == given("algorithm"), K.retired_at.is_(None))
        adding = insert(SIGNING_KEYS)
        pin = {"name": literal_column("'root'"), "value": given("check")}
        columns = [column for column in K if column.name != "first_of"]
        self._db = db
        self._all = db.prepare(select(*columns).order_by(K.created_at, K.kid))
        self._add = db.prepare(adding.values(new).on_conflict_do_nothing())
        self._add_first = db.prepare(
            adding.from_select(list(new), select(*new.values()).where(~living)).on_conflict_do_nothing()
        )
        self._retire = db.prepare(
            update(SIGNING_KEYS)
            .where(THIS, K.retired_at.is_(None))
            .values(retired_at=given("now"), first_of=null())
        )
        self._sweep = db.prepare(delete(SIGNING_KEYS).where(K.retired_at < given("before")))
        self._pin = db.prepare(insert(PINS).values(pin).on_conflict_do_nothing())
        self._repin = db.prepare(
            update(PINS).where(ROOT, PINS.c.value == given("previous")).values(value=given("check"))
        )
        self._pinned = db.prepare(select(PINS.c.value).where(ROOT))

    async def all(self) -> list[StoredKey]:
        """See the port."""
        return [_to_key(row) for row in await self._db.all(self._all, {})]

    async def add(self, key: StoredKey, *, only_first: bool = False) -> bool:
        """See the port."""
        statement = self._add_first if only_first else self._add
        values = _from_key(key) | {"first_of": key.algorithm if only_first else None}
        return (await self._db.change(statement, values)).changed == 1

    async def retire(self, kid: str, now: datetime) -> bool:
        """See the port."""
        values = {"kid": kid, "now": to_milliseconds(now)}
        return (await self._db.change(self._retire, values)).changed == 1

    async def sweep(self, before: datetime) -> int:
        """See the port."""
        return (await self._db.change(self._sweep, {"before": to_milliseconds(before)})).changed

    async def pin_root(self, check: bytes, previous: Sequence[bytes]) -> bytes:
        """See the port."""

        def pin() -> Work[bytes]:
            yield Step(self._pin, {"check": check})
            for earlier in previous:
                yield Step(self._repin, {"check": check, "previous": earlier})
            return bytes((yield Step(self._pinned, {})).rows[0][0])

        return await self._db.transaction(pin)


def _to_key(row: Row) -> StoredKey:
    """The key of a row, without `first_of`."""
    kid, algorithm, public, sealed, created_at, signs_from, retired_at = row
    return StoredKey(
        kid,
        algorithm,
        public,
        bytes(sealed),
        from_milliseconds(created_at),
        from_milliseconds(signs_from),
        instant(retired_at),
    )


def _from_key(key: StoredKey) -> dict[str, Any]:
    """Every column of the key's row but `first_of`."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "public": key.public,
        "sealed": key.sealed,
        "created_at": to_milliseconds(key.created_at),
        "signs_from": to_milliseconds(key.signs_from),
        "retired_at": milliseconds(key.retired_at),
    }
