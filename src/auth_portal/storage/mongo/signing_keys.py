"""Signing keys in MongoDB: all of them in one document, since guards look at all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from auth_portal.sessions.store import StoredKey
from auth_portal.storage.mongo.collection import Collection, Document
from auth_portal.storage.mongo.values import instant, instant_or_none, stored

KEYS = "signing_keys"
ROOT = "root_secret"


@dataclass(frozen=True)
class MongoSigningKeys:
    """The SigningKeys port, in the collection of the house's own few documents."""

    house: Collection

    async def all(self) -> list[StoredKey]:
        """See the port."""
        found = await self.house.find({"_id": KEYS})
        keys = [key_of(one) for one in found["keys"]] if found else []
        return sorted(keys, key=lambda key: (key.created_at, key.kid))

    async def add(self, key: StoredKey, *, only_first: bool = False) -> bool:
        """See the port."""
        where: Document = {"_id": KEYS, "keys.kid": {"$ne": key.kid}}
        if only_first:
            living = {"$elemMatch": {"algorithm": key.algorithm, "retired_at": None}}
            where["keys"] = {"$not": living}
        return await self.house.change_or_insert(where, {"$push": {"keys": embedded(key)}})

    async def retire(self, kid: str, now: datetime) -> bool:
        """See the port."""
        where = {"_id": KEYS, "keys": {"$elemMatch": {"kid": kid, "retired_at": None}}}
        return await self.house.change(where, {"$set": {"keys.$.retired_at": stored(now)}})

    async def sweep(self, before: datetime) -> int:
        """See the port."""
        limit = stored(before)
        change = {"$pull": {"keys": {"retired_at": {"$lt": limit}}}}
        found = await self.house.change_and_read({"_id": KEYS}, change, before=True)
        retired = [one["retired_at"] for one in found["keys"]] if found else []
        return sum(1 for at in retired if at is not None and limit is not None and at < limit)

    async def pin_root(self, check: bytes, previous: Sequence[bytes]) -> bytes:
        """See the port; the upsert leaves alone what stands, the second change names what it replaces."""
        await self.house.change_or_insert({"_id": ROOT}, {"$setOnInsert": {"check": check}})
        where = {"_id": ROOT, "check": {"$in": list(previous)}}
        await self.house.change(where, {"$set": {"check": check}})
        return await self.pinned_root() or check

    async def pinned_root(self) -> bytes | None:
        """See the port."""
        standing = await self.house.find({"_id": ROOT})
        return bytes(standing["check"]) if standing else None


def embedded(key: StoredKey) -> Document:
    """A key as it stands among the others."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "public": key.public,
        "sealed": key.sealed,
        "created_at": stored(key.created_at),
        "signs_from": stored(key.signs_from),
        "retired_at": stored(key.retired_at),
    }


def key_of(document: Document) -> StoredKey:
    """The inverse of `embedded`."""
    return StoredKey(
        kid=document["kid"],
        algorithm=document["algorithm"],
        public=document["public"],
        sealed=bytes(document["sealed"]),
        created_at=instant(document["created_at"]),
        signs_from=instant(document["signs_from"]),
        retired_at=instant_or_none(document["retired_at"]),
    )
