"""The journal in MongoDB: one document per event."""

from dataclasses import dataclass
from datetime import datetime

from auth_portal.journal.event import Event, Kind
from auth_portal.storage.mongo.collection import Collection, Document
from auth_portal.storage.mongo.values import instant, stored


@dataclass(frozen=True)
class MongoJournal:
    """The Journal port. Ids are UUIDv7, so their order is the order of time."""

    journal: Collection

    async def append(self, event: Event) -> None:
        """See the port."""
        await self.journal.keep(document_of(event))

    async def of(self, account_id: str, before_id: str | None, at_most: int) -> list[Event]:
        """See the port."""
        where: Document = {"account_id": account_id}
        if before_id is not None:
            where["_id"] = {"$lt": before_id}
        return [event_of(document) for document in await self.journal.many(where, [("_id", -1)], at_most)]

    async def pseudonymise(self, account_id: str) -> int:
        """See the port."""
        blank = {"$set": {"ip": "", "user_agent": "", "facts": {}}}
        return await self.journal.change_all({"account_id": account_id}, blank)

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        return len(await self.journal.sweep({"at": {"$lt": stored(before)}}, [("at", 1)], at_most))


def document_of(event: Event) -> Document:
    """The event's document."""
    return {
        "_id": event.id,
        "kind": event.kind.value,
        "at": stored(event.at),
        "account_id": event.account_id,
        "session_id": event.session_id,
        "ip": event.ip,
        "user_agent": event.user_agent,
        "outcome": event.outcome,
        "trace": event.trace,
        "facts": dict(event.facts),
    }


def event_of(document: Document) -> Event:
    """The inverse of `document_of`."""
    return Event(
        id=document["_id"],
        kind=Kind(document["kind"]),
        at=instant(document["at"]),
        account_id=document["account_id"],
        session_id=document["session_id"],
        ip=document["ip"],
        user_agent=document["user_agent"],
        outcome=document["outcome"],
        trace=document["trace"],
        facts=document["facts"],
    )
