"""Accounts in MongoDB: one document each, with its identities inside."""

from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from auth_portal.accounts.account import Account, Identity
from auth_portal.accounts.store import Changed
from auth_portal.storage.mongo.account_documents import (
    account_of,
    document_of,
    embedded,
    identities_of,
    key_of,
)
from auth_portal.storage.mongo.collection import Collection, Document, literal
from auth_portal.storage.mongo.values import stored

LIVING: Document = {"deleted_at": None}
ACTIVE: Document = {"deleted_at": None, "disabled_at": None}
END_RUN: Document = {"failures": 0, "failures_day": 0}
MOST_HALVINGS = 31
BLANK: Document = {
    "first_name": "",
    "last_name": "",
    "email": None,
    "email_confirmed_at": None,
    "password_hash": None,
    "locale": None,
    "social_type": None,
    **END_RUN,
}


@dataclass(frozen=True)
class MongoAccounts:
    """The Accounts port."""

    accounts: Collection

    async def create(self, account: Account, *identities: Identity) -> bool:
        """See the port; unique indexes on address and identity decide."""
        return await self.accounts.insert(document_of(account, identities))

    async def find(self, account_id: str) -> Account | None:
        """See the port."""
        return _read(await self.accounts.find({"_id": account_id}))

    async def find_by_email(self, email: str) -> Account | None:
        """See the port."""
        return _read(await self.accounts.find({"email": email}))

    async def find_by_identity(self, provider: str, subject: str) -> Account | None:
        """See the port."""
        return _read(await self.accounts.find({"identities.key": key_of(provider, subject)}))

    async def identities(self, account_id: str) -> list[Identity]:
        """See the port."""
        found = await self.accounts.find({"_id": account_id}, {"identities": 1})
        return identities_of(found) if found else []

    async def page(self, after_id: str, at_most: int) -> list[Account]:
        """See the port."""
        found = await self.accounts.many({"_id": {"$gt": after_id}, **LIVING}, [("_id", 1)], at_most)
        return [account_of(document) for document in found]

    async def rename(
        self,
        account_id: str,
        *,
        first_name: str | None,
        last_name: str | None,
        locale: str | None,
        now: datetime,
    ) -> Account | None:
        """See the port."""
        given = {"first_name": first_name, "last_name": last_name, "locale": locale}
        fields = {name: value for name, value in given.items() if value is not None}
        change = {"$set": {**fields, "updated_at": stored(now)}}
        return _read(await self.accounts.change_and_read({"_id": account_id, **LIVING}, change))

    async def confirm(self, account_id: str, email: str, now: datetime) -> bool:
        """See the port; a pipeline, so that the first instant stays."""
        first = {"email_confirmed_at": {"$ifNull": ["$email_confirmed_at", literal(stored(now))]}}
        return await self.accounts.change({"_id": account_id, "email": email, **ACTIVE}, [{"$set": first}])

    async def rehash(self, account_id: str, seen: str, fresh: str) -> bool:
        """See the port."""
        where = {"_id": account_id, "password_hash": seen}
        return await self.accounts.change(where, {"$set": {"password_hash": fresh}})

    async def set_password(
        self, account_id: str, fresh: str, *, seen: str | None, epoch: int, now: datetime
    ) -> int | None:
        """See the port."""
        at = stored(now)
        where = {"_id": account_id, "password_hash": seen, "epoch": epoch, **ACTIVE}
        fields = {"password_hash": fresh, "password_changed_at": at, "updated_at": at}
        return await self._next_epoch(where, {"$set": fields, "$inc": {"epoch": 1}})

    async def reset_password(
        self, account_id: str, fresh: str, *, email: str, epoch: int, now: datetime
    ) -> int | None:
        """See the port; one pipeline, so that what a squatter linked goes in the same change."""
        at = literal(stored(now))
        confirmed = {"$ne": [{"$ifNull": ["$email_confirmed_at", None]}, None]}
        fields = {
            "password_hash": literal(fresh),
            "password_changed_at": at,
            "password_reset_at": at,
            "updated_at": at,
            "identities": {"$cond": [confirmed, "$identities", literal([])]},
            "social_type": {"$cond": [confirmed, "$social_type", None]},
            "email_confirmed_at": {"$ifNull": ["$email_confirmed_at", at]},
            "epoch": {"$add": ["$epoch", 1]},
            **END_RUN,
        }
        where = {"_id": account_id, "email": email, "epoch": epoch, **ACTIVE}
        return await self._next_epoch(where, [{"$set": fields}])

    async def take_over(self, account_id: str, *, email: str, epoch: int, now: datetime) -> int | None:
        """See the port."""
        at = stored(now)
        where = {"_id": account_id, "email": email, "epoch": epoch, "email_confirmed_at": None, **ACTIVE}
        fields = {
            "password_hash": None,
            "identities": [],
            "social_type": None,
            "email_confirmed_at": at,
            "updated_at": at,
            **END_RUN,
        }
        return await self._next_epoch(where, {"$set": fields, "$inc": {"epoch": 1}})

    async def change_email(
        self, account_id: str, *, old: str | None, new: str, epoch: int, now: datetime
    ) -> Changed:
        """See the port."""
        at = stored(now)
        where = {"_id": account_id, "email": old, "epoch": epoch, **ACTIVE}
        change = {"$set": {"email": new, "email_confirmed_at": at, "updated_at": at}}
        try:
            return Changed.DONE if await self.accounts.change(where, change) else Changed.STALE
        except DuplicateKeyError:
            return Changed.TAKEN

    async def link(self, identity: Identity, *, epoch: int) -> bool:
        """See the port. A unique index does not compare within one document: the guard does."""
        one = embedded(identity)
        where = {"_id": identity.account_id, "epoch": epoch, "identities.key": {"$ne": one["key"]}, **ACTIVE}
        try:
            return await self.accounts.change(where, {"$push": {"identities": one}})
        except DuplicateKeyError:
            return False

    async def unlink(self, account_id: str, identity_id: str, *, even_last: bool = False) -> bool:
        """See the port; that it is not the last way in stands in the filter of the one change."""
        another_way = [{"password_hash": {"$type": "string"}}, {"identities.1": {"$exists": True}}]
        where: Document = {"_id": account_id, "identities.id": identity_id, **LIVING}
        if not even_last:
            where["$or"] = another_way
        same = {"$eq": ["$$one.id", literal(identity_id)]}
        gone = {"$filter": {"input": "$identities", "as": "one", "cond": same}}
        left = {"$filter": {"input": "$identities", "as": "one", "cond": {"$not": [same]}}}
        its_provider = {"$map": {"input": gone, "as": "one", "in": "$$one.provider"}}
        named = {"$in": [{"$ifNull": ["$social_type", ""]}, its_provider]}
        fields = {"identities": left, "social_type": {"$cond": [named, None, "$social_type"]}}
        return await self.accounts.change(where, [{"$set": fields}])

    async def disable(self, account_id: str, now: datetime) -> bool:
        """See the port."""
        at = literal(stored(now))
        fields = {
            "disabled_at": {"$ifNull": ["$disabled_at", at]},
            "updated_at": at,
            "epoch": {"$add": ["$epoch", 1]},
        }
        return await self.accounts.change({"_id": account_id, **LIVING}, [{"$set": fields}])

    async def enable(self, account_id: str, now: datetime) -> bool:
        """See the port."""
        where = {"_id": account_id, "disabled_at": {"$ne": None}, **LIVING}
        return await self.accounts.change(where, {"$set": {"disabled_at": None, "updated_at": stored(now)}})

    async def delete(self, account_id: str, now: datetime, *, epoch: int | None = None) -> bool:
        """See the port."""
        seen = {} if epoch is None else {"epoch": epoch}
        fields = {**BLANK, "identities": [], "deleted_at": stored(now), "updated_at": stored(now)}
        change = {"$set": fields, "$inc": {"epoch": 1}}
        return await self.accounts.change({"_id": account_id, **seen, **LIVING}, change)

    async def end_everything(self, account_id: str, now: datetime) -> int | None:
        """See the port."""
        change = {"$set": {"updated_at": stored(now)}, "$inc": {"epoch": 1}}
        found = await self.accounts.change_and_read({"_id": account_id, **LIVING}, change)
        return None if found is None else int(found["epoch"])

    async def reserve_try(self, account_id: str, *, today: int, at_most: int) -> bool:
        """See the port; the server computes the halved run and decides in the one change.

        A change that is allowed always shows: on the same day the run grows, on a later one the day.
        """
        days = {"$max": [0, {"$min": [MOST_HALVINGS, {"$subtract": [today, "$failures_day"]}]}]}
        run = {"$toInt": {"$floor": {"$divide": ["$failures", {"$pow": [2, days]}]}}}
        free = {"$lt": [run, at_most]}
        fields = {
            "failures": {"$cond": [free, {"$add": [run, 1]}, "$failures"]},
            "failures_day": {"$cond": [free, {"$max": ["$failures_day", today]}, "$failures_day"]},
        }
        return await self.accounts.altered({"_id": account_id}, [{"$set": fields}])

    async def give_back_try(self, account_id: str) -> None:
        """See the port."""
        await self.accounts.change({"_id": account_id, "failures": {"$gt": 0}}, {"$inc": {"failures": -1}})

    async def forgive(self, account_id: str) -> None:
        """See the port."""
        await self.accounts.change({"_id": account_id}, {"$set": END_RUN})

    async def deleted_before(self, before: datetime, at_most: int) -> list[str]:
        """See the port."""
        where = {"deleted_at": {"$gt": 0, "$lt": stored(before)}}
        found = await self.accounts.many(where, [("deleted_at", 1)], at_most, fields={"_id": 1})
        return [str(document["_id"]) for document in found]

    async def remove_deleted(self, account_id: str) -> bool:
        """See the port."""
        return await self.accounts.remove({"_id": account_id, "deleted_at": {"$gt": 0}})

    async def _next_epoch(self, where: Document, change: Document | list[Document]) -> int | None:
        """Raise the epoch that the guard names; returns the next one."""
        return int(where["epoch"]) + 1 if await self.accounts.change(where, change) else None


def _read(document: Document | None) -> Account | None:
    """The account, when there is a document."""
    return None if document is None else account_of(document)
