"""What only MongoDB has to show: its server dies and comes back, its indexes are looked after."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import AutoReconnect, OperationFailure
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from auth_portal.core.refusal import Kind, Refusal
from auth_portal.storage.mongo.accounts import MongoAccounts
from auth_portal.storage.mongo.admin import MongoAdmin
from auth_portal.storage.mongo.collection import Collection, Document
from auth_portal.storage.mongo.open import make_client, open_mongo
from auth_portal.storage.mongo.outbox import MongoOutbox
from auth_portal.storage.mongo.schema import INDEXES
from auth_portal.storage.mongo.sessions import MongoSessions
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.stores import NewerSchemaError, OlderSchemaError, StorageError, Stores
from tests.ports.builders import NOW, an_account
from tests.ports.openers import Quiet
from tests.rig import mongo

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(mongo.why_untested() is not None, reason=str(mongo.why_untested())),
]


@pytest.fixture
def url() -> Iterator[str]:
    """An empty database on the run's server."""
    with mongo.empty_database() as empty:
        yield empty


class Heard(CommandListener):
    """Remembers the queries that the driver sends."""

    def __init__(self) -> None:
        self.queries: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Without what belongs to the connection."""
        if event.command_name == "find":
            parts = ("find", "filter", "sort", "limit")
            self.queries.append({name: event.command[name] for name in parts if name in event.command})
        if event.command_name == "delete":  # not every server explains one: the query that finds the same
            (one,) = event.command["deletes"]
            self.queries.append({"find": event.command["delete"], "filter": one["q"]})

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to remember."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to remember."""


def indexes_in(plan: object) -> set[str]:
    """The names of the indexes that a plan reads, however deep its stages stand."""
    if isinstance(plan, list):
        return set().union(*(indexes_in(one) for one in plan))
    if not isinstance(plan, dict):
        return set()
    here = {str(plan["indexName"])} if "indexName" in plan else set()
    return here.union(*(indexes_in(one) for one in plan.values()))


async def migrated(url: str) -> Stores:
    """The ports, with their schema."""
    stores = await open_mongo(StorageRules(url), Quiet())
    await stores.admin.migrate(lambda _line: None)
    return stores


@pytest.mark.skipif(mongo.OVERRIDE in mongo.os.environ, reason="a server that is not ours is not killed")
async def test_a_dead_server_is_a_503_and_a_living_one_is_found_again(tmp_path: Path) -> None:
    with mongo.own_server(tmp_path / "server") as server:
        stores = await migrated(f"{server.url}/test")
        account = an_account()
        assert await stores.accounts.create(account)
        server.kill()
        loop = asyncio.get_running_loop()
        for attempt in (stores.accounts.find(account.id), stores.admin.ping(), stores.tickets.void_all("x")):
            began = loop.time()
            with pytest.raises(Refusal) as refused:
                await attempt
            assert refused.value.refused.kind is Kind.UNAVAILABLE
            assert refused.value.retry_after is not None
            assert loop.time() - began < 30, "it gave up by itself"
        await asyncio.to_thread(server.start)
        assert await stores.accounts.find(account.id) == account
        await stores.close()


async def test_doctor_names_a_missing_index_and_migrate_makes_it_again(url: str) -> None:
    stores = await migrated(url)
    assert all(finding.good for finding in await stores.admin.check())
    assert await stores.admin.plan() == []
    with mongo.client(url) as client:
        client.get_default_database()["portal_accounts"].drop_index("email")
    bad = [finding.sentence for finding in await stores.admin.check() if not finding.good]
    assert bad == ["index portal_accounts.email is missing or not as it must be"]
    assert "create index portal_accounts.email" in await stores.admin.plan()
    await stores.admin.migrate(lambda _line: None)
    assert all(finding.good for finding in await stores.admin.check())
    await stores.close()


async def test_sweeps_and_the_cap_of_sessions_read_an_index(url: str) -> None:
    await (await migrated(url)).close()
    heard = Heard()
    async with AsyncMongoClient[Document](url, event_listeners=[heard]) as client:
        database = client.get_default_database()
        await MongoAccounts(Collection(database["portal_accounts"])).deleted_before(NOW, 9)
        await MongoOutbox(Collection(database["portal_outbox"])).sweep(NOW, 9)
        sessions = MongoSessions(Collection(database["portal_sessions"]), "portal_accounts")
        await sessions._trim("somebody", 0, 9, NOW)
        await sessions.sweep(NOW, 9)
        await sessions.sweep_unused(NOW, None, 9)
        read = []
        for query in heard.queries:
            explained = await database.command("explain", query)
            read.append(indexes_in(explained["queryPlanner"]["winningPlan"]))
    assert read == [{"deleted_at"}, {"settled_at"}, {"account_id_created_at"}, {"ended_at"}, {"created_at"}]


async def test_forgetting_the_letters_of_an_account_reads_an_index(url: str) -> None:
    await (await migrated(url)).close()
    heard = Heard()
    async with AsyncMongoClient[Document](url, event_listeners=[heard]) as client:
        database = client.get_default_database()
        assert await MongoOutbox(Collection(database["portal_outbox"])).forget("somebody") == 0
        explained = await database.command("explain", heard.queries[0])
    assert indexes_in(explained["queryPlanner"]["winningPlan"]) == {"account_id"}


class Builds(CommandListener):
    """Remembers how long the server may take for each index: None for as long as it needs."""

    def __init__(self) -> None:
        self.limits: list[int | None] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Only what makes indexes."""
        if event.command_name == "createIndexes":
            self.limits.append(event.command.get("maxTimeMS"))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to remember."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to remember."""


async def test_an_index_of_many_documents_takes_the_time_that_it_takes(url: str) -> None:
    builds = Builds()
    async with AsyncMongoClient[Document](url, event_listeners=[builds]) as client:
        database = client.get_default_database()
        await MongoAdmin(database, Collection(database["portal_house"])).migrate(lambda _line: None)
    assert builds.limits == [None] * len(INDEXES)


@pytest.mark.parametrize(
    "fault", [OperationFailure("operation exceeded time limit", 50), AutoReconnect("connection closed")]
)
async def test_a_server_that_cannot_make_an_index_now_means_503(
    url: str, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_given: object, **_named: object) -> str:
        raise fault

    stores = await open_mongo(StorageRules(url), Quiet())
    monkeypatch.setattr(AsyncCollection, "create_index", failing)
    with pytest.raises(Refusal) as caught:
        await stores.admin.migrate(lambda _line: None)
    assert caught.value.refused.kind is Kind.UNAVAILABLE
    await stores.close()


async def test_an_index_that_is_not_unique_is_found_out_and_named_when_it_is_in_the_way(url: str) -> None:
    with mongo.client(url) as client:
        client.get_default_database()["portal_accounts"].create_index("email", name="email")
    stores = await open_mongo(StorageRules(url), Quiet())
    bad = [finding.sentence for finding in await stores.admin.check() if not finding.good]
    assert "index portal_accounts.email is missing or not as it must be" in bad
    with pytest.raises(StorageError, match=r"portal_accounts\.email"):
        await stores.admin.migrate(lambda _line: None)
    await stores.close()


async def test_data_with_a_double_address_are_not_migrated_over(url: str) -> None:
    with mongo.client(url) as client:
        client.get_default_database()["portal_accounts"].insert_many(
            [{"email": "a@b.org"}, {"email": "a@b.org"}]
        )
    stores = await open_mongo(StorageRules(url), Quiet())
    with pytest.raises(StorageError, match="the same value twice"):
        await stores.admin.migrate(lambda _line: None)
    await stores.close()


async def test_an_empty_database_is_older_and_a_later_one_newer(url: str) -> None:
    stores = await open_mongo(StorageRules(url), Quiet())
    assert await stores.admin.schema_version() == ""
    with pytest.raises(OlderSchemaError):
        await stores.admin.require_current()
    await stores.admin.migrate(lambda _line: None)
    await stores.admin.require_current()
    with mongo.client(url) as client:
        house = client.get_default_database()["portal_house"]
        house.update_one({"_id": "schema"}, {"$set": {"version": 999}})
    for refused in (stores.admin.require_current(), stores.admin.migrate(lambda _line: None)):
        with pytest.raises(NewerSchemaError):
            await refused
    await stores.close()


async def test_ten_instances_migrate_at_once(url: str) -> None:
    opened = await asyncio.gather(*(migrated(url) for _ in range(10)))
    assert {await stores.admin.schema_version() for stores in opened} == {"1"}
    assert await opened[0].admin.plan() == []
    for stores in opened:
        await stores.close()


async def test_the_url_cannot_weaken_what_committed_means() -> None:
    client = make_client(StorageRules("mongodb://127.0.0.1:1/x?w=0&journal=false&readPreference=secondary"))
    assert client.write_concern.document == {"w": "majority", "j": True}
    stores = await open_mongo(StorageRules("mongodb://127.0.0.1:1/x?readPreference=secondary"), Quiet())
    assert stores.accounts.accounts.driver.read_preference.mode == 0, "primary"  # type: ignore[attr-defined]
    await stores.close()
    await client.close()


async def test_a_url_that_is_none_is_a_sentence_without_its_password() -> None:
    with pytest.raises(StorageError) as error:
        await open_mongo(StorageRules("mongodb://somebody:hunter2@:not-a-port/x"), Quiet())
    assert "hunter2" not in str(error.value)


async def test_nothing_of_the_originals_collections_is_touched(url: str) -> None:
    with mongo.client(url) as client:
        original = client.get_default_database()
        original["users"].insert_one({"email": "a@b.org"})
        original["sessions"].insert_one({"token": "x"})
    stores = await migrated(url)
    counts = await stores.admin.row_counts()
    assert counts["portal_accounts"] == counts["portal_sessions"] == 0
    assert all(name.startswith("portal_") for name in counts)
    await stores.close()
