"""Tickets on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, select

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.storage.sql.driver import Database, Row
from auth_portal.storage.sql.tables import TICKETS
from auth_portal.storage.sql.values import at_most, every, given, one_of, places
from auth_portal.tickets.ticket import Purpose, Ticket

T = TICKETS.c
SLOTS = len(Purpose)


class SqlTickets:
    """The port `TicketStore`: spending is one `DELETE … RETURNING`."""

    def __init__(self, db: Database) -> None:
        purposes = one_of(T.purpose, "purpose", SLOTS)
        living = and_(T.digest == given("digest"), purposes, T.expires_at > given("now"))
        held = T.holder == given("holder")
        expired = T.expires_at <= given("now")
        some = select(T.digest).where(expired).limit(at_most()).scalar_subquery()
        self._db = db
        self._add = db.prepare(insert(TICKETS).values(every(TICKETS)))
        self._spend = db.prepare(delete(TICKETS).where(living).returning(*T))
        self._peek = db.prepare(select(TICKETS).where(living))
        self._void = db.prepare(delete(TICKETS).where(held, purposes))
        self._void_all = db.prepare(delete(TICKETS).where(held))
        self._sweep = db.prepare(delete(TICKETS).where(expired, T.digest.in_(some)))

    async def add(self, ticket: Ticket) -> None:
        """See the port."""
        await self._db.change(
            self._add,
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
        rows = (await self._db.change(self._spend, _living(digest, purposes, now))).rows
        return _to_ticket(rows[0]) if rows else None

    async def peek(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        """See the port."""
        if not purposes:
            return None
        row = await self._db.one(self._peek, _living(digest, purposes, now))
        return None if row is None else _to_ticket(row)

    async def void(self, holder: str, purposes: Sequence[Purpose]) -> int:
        """See the port."""
        if not purposes:
            return 0
        return (await self._db.change(self._void, {"holder": holder, **_purposes(purposes)})).changed

    async def void_all(self, holder: str) -> int:
        """See the port."""
        return (await self._db.change(self._void_all, {"holder": holder})).changed

    async def sweep(self, now: datetime, at_most: int) -> int:
        """See the port."""
        values = {"now": to_milliseconds(now), "at_most": at_most}
        return (await self._db.change(self._sweep, values)).changed


def _living(digest: bytes, purposes: Sequence[Purpose], now: datetime) -> dict[str, Any]:
    return {"digest": digest, "now": to_milliseconds(now), **_purposes(purposes)}


def _purposes(purposes: Sequence[Purpose]) -> dict[str, Any]:
    return places("purpose", SLOTS, [purpose.value for purpose in purposes])


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
