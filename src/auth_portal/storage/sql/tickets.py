"""Tickets on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.storage.sql.driver import Database, Row
from auth_portal.storage.sql.statements import PURPOSES, Statements
from auth_portal.storage.sql.values import places
from auth_portal.tickets.ticket import Purpose, Ticket


class SqlTickets:
    """The port `TicketStore`: spending is one `DELETE … RETURNING`."""

    def __init__(self, db: Database, statements: Statements) -> None:
        self._db = db
        self._statements = statements.tickets

    async def add(self, ticket: Ticket) -> None:
        """See the port."""
        await self._db.change(
            self._statements.add,
            {
                "digest": ticket.digest,
                "purpose": ticket.purpose.value,
                "holder": ticket.holder,
                "payload": ticket.payload,
                "created_at": to_milliseconds(ticket.created_at),
                "expires_at": to_milliseconds(ticket.expires_at),
            },
        )

    async def spend(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        """See the port."""
        if not purposes:
            return None
        rows = (await self._db.change(self._statements.spend, _living(digest, purposes, now))).rows
        return _to_ticket(rows[0]) if rows else None

    async def peek(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        """See the port."""
        if not purposes:
            return None
        row = await self._db.one(self._statements.peek, _living(digest, purposes, now))
        return None if row is None else _to_ticket(row)

    async def void(self, holder: str, purposes: Sequence[Purpose]) -> int:
        """See the port."""
        if not purposes:
            return 0
        return (
            await self._db.change(self._statements.void, {"holder": holder, **_purposes(purposes)})
        ).changed

    async def void_all(self, holder: str) -> int:
        """See the port."""
        return (await self._db.change(self._statements.void_all, {"holder": holder})).changed

    async def sweep(self, now: datetime, at_most: int) -> int:
        """See the port."""
        values = {"now": to_milliseconds(now), "at_most": at_most}
        return (await self._db.change(self._statements.sweep, values)).changed


def _living(digest: bytes, purposes: Sequence[Purpose], now: datetime) -> dict[str, Any]:
    return {"digest": digest, "now": to_milliseconds(now), **_purposes(purposes)}


def _purposes(purposes: Sequence[Purpose]) -> dict[str, Any]:
    return places("purpose", PURPOSES, [purpose.value for purpose in purposes])


def _to_ticket(row: Row) -> Ticket:
    digest, purpose, holder, payload, created_at, expires_at = row
    return Ticket(
        bytes(digest),
        Purpose(purpose),
        holder,
        bytes(payload),
        from_milliseconds(created_at),
        from_milliseconds(expires_at),
    )
