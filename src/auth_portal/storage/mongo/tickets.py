"""Tickets in MongoDB: one document each, its digest the key, spent by one find-and-delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_portal.storage.mongo.collection import Collection, Document
from auth_portal.storage.mongo.values import instant, stored
from auth_portal.tickets.ticket import Purpose, Ticket

SWEPT_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class MongoTickets:
    """The TicketStore port."""

    tickets: Collection

    async def add(self, ticket: Ticket) -> None:
        """See the port."""
        await self.tickets.keep(document_of(ticket))

    async def spend(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        """See the port."""
        return _read(await self.tickets.take(living(digest, purposes, now)))

    async def peek(self, digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Ticket | None:
        """See the port."""
        return _read(await self.tickets.find(living(digest, purposes, now)))

    async def void(self, holder: str, purposes: Sequence[Purpose]) -> int:
        """See the port."""
        return await self.tickets.delete_all({"holder": holder, "purpose": {"$in": _names(purposes)}})

    async def void_all(self, holder: str) -> int:
        """See the port."""
        return await self.tickets.delete_all({"holder": holder})

    async def sweep(self, now: datetime, at_most: int) -> int:
        """See the port."""
        expired = {"expires_at": {"$lte": stored(now)}}
        return len(await self.tickets.sweep(expired, [("expires_at", 1)], at_most))


def living(digest: bytes, purposes: Sequence[Purpose], now: datetime) -> Document:
    """The ticket, while it may be spent on one of these."""
    return {"_id": digest, "purpose": {"$in": _names(purposes)}, "expires_at": {"$gt": stored(now)}}


def _names(purposes: Sequence[Purpose]) -> list[str]:
    """Plain texts, as they are stored."""
    return [purpose.value for purpose in purposes]


def document_of(ticket: Ticket) -> Document:
    """The ticket's document. `swept_after` is a date, which the server's own TTL sweep reads."""
    return {
        "_id": ticket.digest,
        "purpose": ticket.purpose.value,
        "holder": ticket.holder,
        "payload": ticket.payload,
        "created_at": stored(ticket.created_at),
        "expires_at": stored(ticket.expires_at),
        "swept_after": ticket.expires_at + SWEPT_AFTER,
    }


def _read(document: Document | None) -> Ticket | None:
    """The ticket, when there is a document."""
    if document is None:
        return None
    return Ticket(
        digest=bytes(document["_id"]),
        purpose=Purpose(document["purpose"]),
        holder=document["holder"],
        payload=bytes(document["payload"]),
        created_at=instant(document["created_at"]),
        expires_at=instant(document["expires_at"]),
    )
