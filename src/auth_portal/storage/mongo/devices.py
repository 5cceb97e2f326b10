"""Known devices in MongoDB: one document per account, which holds its newest marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auth_portal.storage.mongo.collection import Collection, literal
from auth_portal.storage.mongo.values import stored

MOST_MARKS = 50


@dataclass(frozen=True)
class MongoDevices:
    """The Devices port."""

    devices: Collection

    async def knows(self, account_id: str, marks: Sequence[bytes], since: datetime) -> bool:
        """See the port."""
        one = {"$elemMatch": {"mark": {"$in": list(marks)}, "at": {"$gte": stored(since)}}}
        return await self.devices.find({"_id": account_id, "marks": one}, {"_id": 1}) is not None

    async def remember(self, account_id: str, marks: Sequence[bytes], now: datetime) -> None:
        """See the port: the new marks in front, the same ones removed behind, cut to the newest."""
        if not marks:
            return
        new = [{"mark": mark, "at": stored(now)} for mark in dict.fromkeys(marks)]
        other = {"$not": [{"$in": ["$$one.mark", literal(list(marks))]}]}
        kept = {"$filter": {"input": {"$ifNull": ["$marks", []]}, "as": "one", "cond": other}}
        newest = {"$slice": [{"$concatArrays": [literal(new), kept]}, MOST_MARKS]}
        await self.devices.change_or_insert({"_id": account_id}, [{"$set": {"marks": newest}}])

    async def forget(self, account_id: str) -> int:
        """See the port."""
        taken = await self.devices.take({"_id": account_id})
        return len(taken["marks"]) if taken else 0

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        old = {"$lt": stored(before)}
        found = await self.devices.many({"marks.at": old}, [("_id", 1)], at_most)
        swept = 0
        for document in found:
            stale = [one["mark"] for one in document["marks"] if one["at"] < old["$lt"]][: at_most - swept]
            if not stale:
                break
            change = {"$pull": {"marks": {"mark": {"$in": stale}, "at": old}}}
            await self.devices.change({"_id": document["_id"]}, change)
            swept += len(stale)
        # Only among these: no index knows which lists are empty, and the collection may be large.
        looked_at = {"$in": [document["_id"] for document in found]}
        await self.devices.delete_all({"_id": looked_at, "marks": {"$size": 0}})
        return swept
