"""The settings of this room: which database, how many connections, which Valkey."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class StorageRules:
    """`url` is sqlite:///path, postgresql://… or mongodb://…; as given, driver names removed."""

    url: str
    redis_url: str | None = None
    pool: int = 10
    statement_cache: int = 100
    busy_wait: timedelta = timedelta(seconds=5)
    writer_queue: int = 2000  # changes waiting for SQLite's writer; more are answered 503

    @property
    def engine(self) -> str:
        """sqlite, postgresql or mongodb."""
        scheme = self.url.split(":", 1)[0].split("+", 1)[0]
        return {"postgres": "postgresql"}.get(scheme, scheme)
