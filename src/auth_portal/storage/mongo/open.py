"""Opens MongoDB: one client with deadlines and safe write settings, and every port on top of it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.read_preferences import ReadPreference

from auth_portal.core.log import Log
from auth_portal.storage.mongo import schema
from auth_portal.storage.mongo.accounts import MongoAccounts
from auth_portal.storage.mongo.admin import MongoAdmin
from auth_portal.storage.mongo.collection import Collection, Document
from auth_portal.storage.mongo.devices import MongoDevices
from auth_portal.storage.mongo.journal import MongoJournal
from auth_portal.storage.mongo.outbox import MongoOutbox
from auth_portal.storage.mongo.sessions import MongoSessions
from auth_portal.storage.mongo.signing_keys import MongoSigningKeys
from auth_portal.storage.mongo.tickets import MongoTickets
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.stores import StorageError, Stores

DEFAULT_DATABASE = "auth_portal"

# A server that is away is a 503 after `timeoutMS`; one that is back is found at the next call.
DEADLINES: dict[str, Any] = {
    "timeoutMS": 4000,
    "serverSelectionTimeoutMS": 4000,
    "connectTimeoutMS": 4000,  # of heartbeats too: a busy server is not a dead one
}

# Not for the URL to weaken: a 2xx means committed on a majority, in its journal.
DURABLE: dict[str, Any] = {"w": "majority", "journal": True, "retryWrites": True}


async def open_mongo(rules: StorageRules, log: Log) -> Stores:
    """Every port on the database that the URL names (`auth_portal` when it names none).

    Connects lazily: a server that is away now is a 503 now and no more than that. Raises
    StorageError for a URL that is none.
    """
    try:
        client = make_client(rules)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise StorageError(f"DATABASE_URL is no usable MongoDB URL ({type(error).__name__})") from error
    database = client.get_default_database(DEFAULT_DATABASE, read_preference=ReadPreference.PRIMARY)
    log.info("database opened", engine="mongodb", database=database.name)

    def collection(name: str) -> Collection:
        return Collection(database[name])

    house = collection(schema.HOUSE)
    return Stores(
        engine="mongodb",
        accounts=MongoAccounts(collection(schema.ACCOUNTS)),
        sessions=MongoSessions(collection(schema.SESSIONS), schema.ACCOUNTS),
        devices=MongoDevices(collection(schema.DEVICES)),
        signing_keys=MongoSigningKeys(house),
        tickets=MongoTickets(collection(schema.TICKETS)),
        outbox=MongoOutbox(collection(schema.OUTBOX)),
        journal=MongoJournal(collection(schema.JOURNAL)),
        admin=MongoAdmin(database, house),
    )


def make_client(rules: StorageRules) -> AsyncMongoClient[Document]:
    """A client for the URL; deadlines that the URL names itself are kept, durability is ours."""
    named = {name.lower() for name in parse_qs(urlsplit(rules.url).query)}
    deadlines = {name: value for name, value in DEADLINES.items() if name.lower() not in named}
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        rules.url,
        appname="auth-portal",
        tz_aware=True,
        maxPoolSize=rules.pool,
        **deadlines,
        **DURABLE,
    )
    return client
