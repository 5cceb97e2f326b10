"""The few operations that we use of the driver, each atomic on one document, its failures made ours."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from auth_portal.core.refusal import unavailable

Document = dict[str, Any]
"""A document as the driver hands it out; each slice's file reads it into a value at once."""

Filter = Mapping[str, Any]
"""Selector and guard in one. Values are texts, integers and bytes of ours, never a caller's object."""

Change = Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""Update operators, or a pipeline; inside a pipeline every value goes through `literal`."""

Order = Sequence[tuple[str, int]]

FIRST_TRIES = 3
OURS_TO_REPAIR = frozenset(
    {
        2,  # BadValue
        9,  # FailedToParse
        14,  # TypeMismatch
        40,  # ConflictingUpdateOperators
        59,  # CommandNotFound
        72,  # InvalidOptions
    }
)


def literal(value: object) -> dict[str, object]:
    """A value inside a pipeline as itself: a PHC string begins with `$` and would name a field."""
    return {"$literal": value}


@contextmanager
def reaching() -> Iterator[None]:
    """What the driver raises when the server cannot do it now becomes a 503; our own mistakes stay."""
    try:
        yield
    except DuplicateKeyError:
        raise
    except PyMongoError as error:
        if _is_the_servers(error):
            raise unavailable(
                f"mongodb: {type(error).__name__}: {error}".split(" (configured timeouts", 1)[0][:500]
            ) from error
        raise


def _is_the_servers(error: PyMongoError) -> bool:
    """The server is away, slow, full, changing its primary, or could not confirm the write."""
    if isinstance(error, ConnectionFailure | WriteConcernError) or error.timeout:
        return True
    return isinstance(error, OperationFailure) and error.code not in OURS_TO_REPAIR


@dataclass(frozen=True)
class Collection:
    """One collection. Raises `unavailable` (503) when the server does not answer in time."""

    driver: AsyncCollection[Document]

    async def find(self, where: Filter, fields: Filter | None = None) -> Document | None:
        """One document, from the primary."""
        with reaching():
            return await self.driver.find_one(where, fields)

    async def many(
        self, where: Filter, order: Order, at_most: int = 0, *, fields: Filter | None = None
    ) -> list[Document]:
        """Documents in that order; `at_most=0` means all."""
        with reaching():
            cursor = self.driver.find(where, fields).sort(list(order)).limit(at_most)
            return await cursor.to_list()

    async def aggregate(self, *stages: Mapping[str, Any]) -> list[Document]:
        """What a pipeline of reading stages yields."""
        with reaching():
            cursor = await self.driver.aggregate(list(stages))
            return await cursor.to_list()

    async def keep(self, document: Document) -> None:
        """Insert it under its fresh id, committed when this returns. Raises DuplicateKeyError.

        When a connection breaks the driver sends an insert again; a server that does not recognise
        the second as the first calls it a duplicate, of exactly this document.
        """
        with reaching():
            try:
                await self.driver.insert_one(document)
            except DuplicateKeyError:
                if await self.driver.find_one({"_id": document["_id"]}, {"_id": 1}) is None:
                    raise

    async def insert(self, document: Document) -> bool:
        """Insert it; False when one of the unique keys is taken."""
        with reaching():
            try:
                await self.driver.insert_one(document)
            except DuplicateKeyError:
                return False
        return True

    async def change(self, where: Filter, change: Change) -> bool:
        """Change one document; False when none matched. Raises DuplicateKeyError."""
        with reaching():
            return (await self.driver.update_one(where, change)).matched_count == 1

    async def altered(self, where: Filter, change: Change) -> bool:
        """Change one document; False when none matched, or when the change left it as it was."""
        with reaching():
            return (await self.driver.update_one(where, change)).modified_count == 1

    async def change_and_read(
        self, where: Filter, change: Change, *, before: bool = False, order: Order | None = None
    ) -> Document | None:
        """Change one document and return it as it then is (or was `before`). Raises DuplicateKeyError."""
        which = ReturnDocument.BEFORE if before else ReturnDocument.AFTER
        with reaching():
            found: Document | None = await self.driver.find_one_and_update(
                where, change, return_document=which, sort=list(order) if order else None
            )
        return found

    async def change_or_insert(self, where: Filter, change: Change) -> bool:
        """Change the one document with that `_id`, or make it; False when the rest of the guard fails.

        Two that make it at once: one meets the other's key and tries again, now as a change. Whoever
        fails each time is kept out by the guard: the insert that it then attempts meets the `_id`.
        """
        for _ in range(FIRST_TRIES):
            with reaching():
                try:
                    await self.driver.update_one(where, change, upsert=True)
                except DuplicateKeyError:
                    continue
            return True
        return False

    async def change_all(self, where: Filter, change: Change) -> int:
        """Change every matching document, each atomically; returns how many matched."""
        with reaching():
            return (await self.driver.update_many(where, change)).matched_count

    async def take(self, where: Filter) -> Document | None:
        """Delete one document and return it: of parallel calls one gets it."""
        with reaching():
            taken: Document | None = await self.driver.find_one_and_delete(where)
        return taken

    async def remove(self, where: Filter) -> bool:
        """Delete one document; False when none matched: of parallel calls one is True."""
        with reaching():
            return (await self.driver.delete_one(where)).deleted_count == 1

    async def delete_all(self, where: Filter) -> int:
        """Delete every matching document; returns how many."""
        with reaching():
            return (await self.driver.delete_many(where)).deleted_count

    async def sweep(self, where: Filter, order: Order, at_most: int) -> list[Any]:
        """Delete up to `at_most` matching documents; returns their ids, the guard checked again.

        `where` says nothing about `_id`, which is what the deletion finds them by.
        """
        found = await self.many(where, order, at_most, fields={"_id": 1})
        ids = [document["_id"] for document in found]
        if ids:
            await self.delete_all({"_id": {"$in": ids}, **where})
        return ids
