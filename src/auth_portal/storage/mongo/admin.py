"""The database itself: its health, its schema's version and its indexes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pymongo
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from auth_portal.core.refusal import Refusal
from auth_portal.storage.mongo.collection import Collection, Document, reaching
from auth_portal.storage.mongo.schema import COLLECTIONS, INDEXES, SCHEMA, VERSION, Index, as_wanted
from auth_portal.storage.mongo.signing_keys import KEYS
from auth_portal.storage.stores import Finding, NewerSchemaError, OlderSchemaError, StorageError

NO_DEADLINE = 0  # None would mean the client's own
IN_THE_WAY = {
    85: "another index on the same fields stands in the way",
    86: "another index of the same name stands in the way",
    11000: "the data hold the same value twice",
}


@dataclass(frozen=True)
class MongoAdmin:
    """The Admin port. Making an index that exists is nothing, so any number may migrate at once."""

    database: AsyncDatabase[Document]
    house: Collection

    async def ping(self) -> None:
        """See the port: a change that changes nothing still asks the majority."""
        await self.house.change({"_id": SCHEMA}, {"$max": {"version": 0}})

    async def close(self) -> None:
        """See the port."""
        await self.database.client.close()

    async def schema_version(self) -> str:
        """See the port."""
        standing = await self._version()
        return str(standing) if standing else ""

    async def plan(self) -> list[str]:
        """See the port."""
        steps = [f"create index {index.collection}.{index.name}" for index in await self._missing()]
        standing = await self._version()
        return [*steps, f"schema {standing} -> {VERSION}"] if steps or standing < VERSION else []

    async def migrate(self, progress: Callable[[str], None]) -> None:
        """See the port. Indexes are looked at each time: without a unique one a promise is gone."""
        standing = await self._version()
        _refuse_newer(standing)
        for index in await self._missing():
            progress(f"index {index.collection}.{index.name}")
            await self._create(index)
        if standing == VERSION:
            return
        await self.house.change_or_insert({"_id": KEYS}, {"$setOnInsert": {"keys": []}})
        await self.house.change_or_insert({"_id": SCHEMA}, {"$max": {"version": VERSION}})
        progress(f"schema {standing} -> {VERSION}")

    async def require_current(self) -> None:
        """See the port."""
        standing = await self._version()
        _refuse_newer(standing)
        if standing < VERSION:
            raise OlderSchemaError(
                f"the database has schema {standing or 'none'}, {VERSION} is needed: run auth-portal migrate"
            )

    async def check(self) -> list[Finding]:
        """See the port."""
        try:
            missing = await self._missing()
            server = await self._server()
        except Refusal as refusal:
            return [Finding(good=False, sentence=f"MongoDB does not answer: {refusal.cause}")]
        findings = [Finding(good=True, sentence=server)]
        findings += [
            Finding(
                good=False, sentence=f"index {index.collection}.{index.name} is missing or not as it must be"
            )
            for index in missing
        ]
        if not missing:
            findings.append(Finding(good=True, sentence=f"all {len(INDEXES)} indexes are there"))
        return findings

    async def row_counts(self) -> dict[str, int]:
        """See the port."""
        with reaching():
            return {name: await self.database[name].count_documents({}) for name in COLLECTIONS}

    async def _version(self) -> int:
        """The version that stands in the database; 0 for none."""
        found = await self.house.find({"_id": SCHEMA})
        return int(found["version"]) if found else 0

    async def _server(self) -> str:
        """What kind of server it is."""
        with reaching():
            hello = await self.database.command("hello")
            built = await self.database.command("buildInfo")
        kind = "a sharded cluster" if hello.get("msg") == "isdbgrid" else "a standalone server"
        if "setName" in hello:
            kind = f"replica set {hello['setName']} of {len(hello.get('hosts', ()))}"
        return f"MongoDB {built['version']}, {kind}"

    async def _missing(self) -> list[Index]:
        """Indexes that are not there, or not as they must be."""
        standing: dict[str, Mapping[str, Any]] = {}
        for collection in dict.fromkeys(index.collection for index in INDEXES):
            with reaching():
                found = await self.database[collection].index_information()
            standing |= {f"{collection}.{name}": dict(facts) for name, facts in found.items()}
        return [
            index
            for index in INDEXES
            if (facts := standing.get(f"{index.collection}.{index.name}")) is None
            or not as_wanted(index, facts)
        ]

    async def _create(self, index: Index) -> None:
        """Make one index, in the time that it takes: among many documents that is more than a request has.

        Raises StorageError when the data or another index stand in its way.
        """
        with pymongo.timeout(NO_DEADLINE), reaching():
            try:
                await self.database[index.collection].create_index(
                    list(index.keys), name=index.name, **index.options
                )
            except OperationFailure as failure:
                reason = IN_THE_WAY.get(failure.code or 0)
                if reason is None:
                    raise
                name = f"{index.collection}.{index.name}"
                raise StorageError(f"index {name} could not be made: {reason} ({failure.code})") from failure


def _refuse_newer(standing: int) -> None:
    """Writing into what a newer version made could lose what we do not know of."""
    if standing > VERSION:
        raise NewerSchemaError(
            f"the database has schema {standing}, this program knows up to {VERSION}: use a newer version"
        )
