"""Signing keys and the root secret's check value on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.sessions.store import StoredKey
from auth_portal.storage.sql.driver import Database, Row, Step, Work
from auth_portal.storage.sql.statements import Statements
from auth_portal.storage.sql.values import instant, milliseconds


class SqlSigningKeys:
    """The port `SigningKeys`.

    Two instances that start at once may both see no key; the unique `first_of` lets one of them in.
    """

    def __init__(self, db: Database, statements: Statements) -> None:
        self._db = db
        self._statements = statements.signing_keys

    async def all(self) -> list[StoredKey]:
        """See the port."""
        return [_to_key(row) for row in await self._db.all(self._statements.all, {})]

    async def add(self, key: StoredKey, *, only_first: bool = False) -> bool:
        """See the port."""
        statement = self._statements.add_first if only_first else self._statements.add
        values = _from_key(key) | {"first_of": key.algorithm if only_first else None}
        return (await self._db.change(statement, values)).changed == 1

    async def retire(self, kid: str, now: datetime) -> bool:
        """See the port."""
        values = {"kid": kid, "now": to_milliseconds(now)}
        return (await self._db.change(self._statements.retire, values)).changed == 1

    async def sweep(self, before: datetime) -> int:
        """See the port."""
        return (await self._db.change(self._statements.sweep, {"before": to_milliseconds(before)})).changed

    async def pin_root(self, check: bytes, previous: Sequence[bytes]) -> bytes:
        """See the port."""

        def pin() -> Work[bytes]:
            yield Step(self._statements.pin, {"check": check})
            for earlier in previous:
                yield Step(self._statements.repin, {"check": check, "previous": earlier})
            return bytes((yield Step(self._statements.pinned, {})).rows[0][0])

        return await self._db.transaction(pin)

    async def pinned_root(self) -> bytes | None:
        """See the port."""
        row = await self._db.one(self._statements.pinned, {})
        return None if row is None else bytes(row[0])


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
