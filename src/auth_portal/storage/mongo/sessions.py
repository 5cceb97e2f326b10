"""Sessions in MongoDB: one document each, read together with its account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auth_portal.core.clock import to_milliseconds
from auth_portal.sessions.session import Session, SessionRules
from auth_portal.sessions.store import Found, Page, page
from auth_portal.storage.mongo.account_documents import account_of
from auth_portal.storage.mongo.collection import Collection, Document
from auth_portal.storage.mongo.values import instant, instant_or_none, stored

NEWEST_FIRST = (("created_at", -1), ("_id", -1))


@dataclass(frozen=True)
class MongoSessions:
    """The Sessions port. `accounts` is the name of the collection that `find` joins."""

    sessions: Collection
    accounts: str

    async def open(self, session: Session, keep: int | None = None) -> None:
        """See the port. What is over the cap is ended behind it: no change spans two documents here."""
        await self.sessions.keep(document_of(session))
        if keep is not None:
            await self._trim(session.account_id, session.epoch, keep, session.created_at)

    async def find(self, session_id: str) -> Found | None:
        """See the port. One aggregation, which reads the session first and the account after it.

        It is no snapshot over both, and need not be: the account is the younger of the two, so an
        epoch, a disabling or a deletion that was committed before this call is always seen. What a
        change between the two reads can do is show a session of the old epoch beside the new one,
        and that is judged as ended, which by then it is.
        """
        join = {"from": self.accounts, "localField": "account_id", "foreignField": "_id", "as": "account"}
        found = await self.sessions.aggregate({"$match": {"_id": session_id}}, {"$lookup": join})
        if not found or not found[0]["account"]:
            return None
        return Found(session_of(found[0]), account_of(found[0]["account"][0]))

    async def rotate(
        self,
        session_id: str,
        generation: int,
        *,
        now: datetime,
        rules: SessionRules,
        ip: str,
        user_agent: str,
    ) -> str | None:
        """See the port; the account is another document, so this is left to `find` and `advance`."""
        del session_id, generation, now, rules, ip, user_agent
        return None

    async def advance(
        self,
        session: Session,
        *,
        burst_from: int,
        burst_at: datetime,
        now: datetime,
        ip: str,
        user_agent: str,
    ) -> bool:
        """See the port."""
        fields = {
            "generation": session.generation + 1,
            "burst_from": burst_from,
            "burst_at": stored(burst_at),
            "rotated_at": stored(now),
            "ip": ip,
            "user_agent": user_agent,
        }
        where = {"_id": session.id, "generation": session.generation, "ended_at": None}
        return await self.sessions.change(where, {"$set": fields})

    async def end(self, session_id: str, reason: str, now: datetime) -> bool:
        """See the port."""
        return await self.sessions.change({"_id": session_id, "ended_at": None}, ended(reason, now))

    async def end_own(self, account_id: str, session_id: str, reason: str, now: datetime) -> bool:
        """See the port."""
        where = {"_id": session_id, "account_id": account_id, "ended_at": None}
        return await self.sessions.change(where, ended(reason, now))

    async def end_others(self, account_id: str, keep: str, reason: str, now: datetime) -> int:
        """See the port; each session ends atomically, ending all at once is the account's epoch."""
        where = {"account_id": account_id, "ended_at": None, "_id": {"$ne": keep}}
        return await self.sessions.change_all(where, ended(reason, now))

    async def _trim(self, account_id: str, epoch: int, keep: int, now: datetime) -> None:
        """The account's rows are read once; what was seen is asked again in each guard."""
        seen = {"epoch": 1, "ended_at": 1, "rotated_at": 1}
        rows = await self.sessions.many({"account_id": account_id}, NEWEST_FIRST, fields=seen)
        living = [row for row in rows if row["epoch"] == epoch and row["ended_at"] is None]
        if over := living[keep:]:
            guard = {**among(account_id, over), "epoch": epoch, "ended_at": None}
            await self.sessions.change_all(guard, ended("over_the_cap", now))
            for row in over:
                row["ended_at"] = stored(now)
        dead = [row for row in rows if row["ended_at"] is not None or row["epoch"] < epoch]
        dead.sort(key=lambda row: (row["ended_at"] or row["rotated_at"], row["_id"]), reverse=True)
        if gone := [row for row in dead[keep:] if row["ended_at"] is not None]:
            await self.sessions.delete_all({**among(account_id, gone), "ended_at": {"$ne": None}})
        if past := [row for row in dead[keep:] if row["ended_at"] is None]:
            await self.sessions.delete_all({**among(account_id, past), "epoch": {"$lt": epoch}})

    async def living(self, account_id: str, epoch: int) -> list[Session]:
        """See the port."""
        where = {"account_id": account_id, "epoch": epoch, "ended_at": None}
        return [session_of(document) for document in await self.sessions.many(where, NEWEST_FIRST)]

    async def rename(self, account_id: str, session_id: str, name: str) -> bool:
        """See the port."""
        where = {"_id": session_id, "account_id": account_id, "ended_at": None}
        return await self.sessions.change(where, {"$set": {"name": name}})

    async def restamp(self, session_id: str, seen: int, epoch: int) -> bool:
        """See the port."""
        where = {"_id": session_id, "epoch": seen, "ended_at": None}
        return await self.sessions.change(where, {"$set": {"epoch": epoch}})

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        ended_long_ago = {"ended_at": {"$gt": 0, "$lt": stored(before)}}
        return len(await self.sessions.sweep(ended_long_ago, [("ended_at", 1)], at_most))

    async def sweep_unused(self, before: datetime, since: datetime | None, at_most: int) -> Page:
        """See the port.

        Nothing was rotated before it was made, so the index on `created_at` finds them all: an index
        on `rotated_at` would cost every refresh.
        """
        at = to_milliseconds(before)
        old = {"created_at": {"$gte": stored(since) or 0, "$lt": at}}
        seen = {"created_at": 1, "rotated_at": 1}
        rows = await self.sessions.many(old, [("created_at", 1)], at_most, fields=seen)
        unused = [row["_id"] for row in rows if row["rotated_at"] < at]
        still = {"_id": {"$in": unused}, "rotated_at": {"$lt": at}}
        removed = await self.sessions.delete_all(still) if unused else 0
        return page([instant(row["created_at"]) for row in rows], removed, at_most)

    async def forget(self, account_id: str) -> int:
        """See the port."""
        return await self.sessions.delete_all({"account_id": account_id})


def among(account_id: str, rows: Sequence[Document]) -> Document:
    """These sessions of the account, found by their ids."""
    return {"_id": {"$in": [row["_id"] for row in rows]}, "account_id": account_id}


def ended(reason: str, now: datetime) -> Document:
    """The change that ends a session."""
    return {"$set": {"ended_at": stored(now), "end_reason": reason}}


def document_of(session: Session) -> Document:
    """The session's document."""
    return {
        "_id": session.id,
        "account_id": session.account_id,
        "epoch": session.epoch,
        "generation": session.generation,
        "burst_from": session.burst_from,
        "burst_at": stored(session.burst_at),
        "rotated_at": stored(session.rotated_at),
        "created_at": stored(session.created_at),
        "name": session.name,
        "method": session.method,
        "ip": session.ip,
        "network": session.network,
        "user_agent": session.user_agent,
        "ended_at": stored(session.ended_at),
        "end_reason": session.end_reason,
    }


def session_of(document: Document) -> Session:
    """The inverse of `document_of`."""
    return Session(
        id=document["_id"],
        account_id=document["account_id"],
        epoch=document["epoch"],
        generation=document["generation"],
        burst_from=document["burst_from"],
        burst_at=instant(document["burst_at"]),
        rotated_at=instant(document["rotated_at"]),
        created_at=instant(document["created_at"]),
        name=document["name"],
        method=document["method"],
        ip=document["ip"],
        network=document["network"],
        user_agent=document["user_agent"],
        ended_at=instant_or_none(document["ended_at"]),
        end_reason=document["end_reason"],
    )
