"""Opens MongoDB: one client with deadlines and safe write settings, and every port on top of it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from pymongo import AsyncMongoClient

from auth_portal.core.log import Log
from auth_portal.storage.mongo import schema
from auth_portal.storage.mongo.accounts import MongoAccounts
from auth_portal.storage.mongo.collection import Collection, Document, reaching
from auth_portal.storage.mongo.devices import MongoDevices
from auth_portal.storage.mongo.journal import MongoJournal
from auth_portal.storage.mongo.outbox import MongoOutbox
from auth_portal.storage.mongo.sessions import MongoSessions
from auth_portal.storage.mongo.signing_keys import MongoSigningKeys
from auth_portal.storage.mongo.tickets import MongoTickets
from auth_portal.storage.rules import StorageRules

DEFAULT_DATABASE = "auth_portal"

# A server that is away answers 503 within `timeoutMS`; one that is back is found at the next call.
DEADLINES: dict[str, Any] = {
    "timeoutMS": 4000,
    "serverSelectionTimeoutMS": 4000,
    "connectTimeoutMS": 2000,
}

# Not for the URL to weaken: a 2xx means committed on a majority, in the journal.
DURABLE: dict[str, Any] = {"w": "majority", "journal": True, "retryWrites": True}


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
