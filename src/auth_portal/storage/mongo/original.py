"""The original's own database, read only: rows of `users` as plain values."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bson import DatetimeMS, Decimal128, ObjectId
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConfigurationError, InvalidURI

from auth_portal.core.clock import Clock
from auth_portal.moving.arrival import Read
from auth_portal.moving.cleaning import Understood
from auth_portal.moving.original import read_original
from auth_portal.storage.mongo.collection import Document, reaching
from auth_portal.storage.stores import StorageError

AT_ONCE = 1000
OTHERS = ("sessions", "forgots")
LENIENT: CodecOptions[Document] = CodecOptions(
    document_class=dict,
    tz_aware=True,
    unicode_decode_error_handler="replace",  # one broken text must not end the whole reading
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,  # nor one date beyond the year 9999
)


@dataclass(frozen=True)
class OriginalDatabase:
    """The Source of `--from mongodb://…`. Raises `unavailable` when it cannot be reached."""

    client: AsyncMongoClient[Document]
    default: str
    clock: Clock
    understood: Understood

    async def rows(self) -> AsyncIterator[Read]:
        """See the port; in order of id, so that an interrupted run meets the same rows again."""
        now = self.clock()
        with reaching():
            async for document in self._collection("users").find().sort("_id", 1).batch_size(AT_ONCE):
                raw = plain(document)
                yield read_original(raw, f"user {document.get('_id')}", now, self.understood)

    async def count(self) -> int:
        """See the port."""
        with reaching():
            return await self._collection("users").estimated_document_count()

    async def dropped(self) -> dict[str, int]:
        """See the port: sessions, and links to new passwords."""
        with reaching():
            return {name: await self._collection(name).estimated_document_count() for name in OTHERS}

    async def close(self) -> None:
        """Let go of it."""
        await self.client.close()

    def _collection(self, name: str) -> AsyncCollection[Document]:
        """One of the original's collections, in the URL's database."""
        database = self.client.get_default_database(self.default)
        return database.get_collection(name, codec_options=LENIENT)


def open_original(url: str, clock: Clock, understood: Understood) -> OriginalDatabase:
    """A reader of the database that the URL names (`test` as mongoose does, when it names none).

    Raises StorageError for a URL that is none.
    """
    try:
        client: AsyncMongoClient[Document] = AsyncMongoClient(
            url, appname="auth-portal import", serverSelectionTimeoutMS=5000, connectTimeoutMS=5000
        )
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise StorageError(f"--from is no usable MongoDB URL ({type(error).__name__}).") from error
    return OriginalDatabase(client, "test", clock, understood)


def plain(value: object) -> object:
    """The driver's own types as plain ones; what has no plain form stays, and is judged as unusable."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, DatetimeMS):
        return int(value)
    if isinstance(value, Decimal128):
        return float(value.to_decimal())
    return value
