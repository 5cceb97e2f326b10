"""Reads where data lie."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from auth_portal.settings.reader import Reader
from auth_portal.storage.rules import StorageRules

ENGINES = ("sqlite", "postgresql", "postgres", "mongodb")


def data_dir(reader: Reader) -> Path:
    """The folder for the key file, SQLite and letters."""
    return Path(reader.text("DATA_DIR") or "./data").absolute()


def read_storage(reader: Reader, folder: Path) -> StorageRules:
    """The database's URL without driver names, and its pool."""

    def parse(text: str) -> str:
        scheme, _, rest = text.partition("://")
        engine = scheme.split("+", 1)[0].lower()
        if engine not in ENGINES or not rest:
            raise ValueError("must begin with sqlite:///, postgresql:// or mongodb://")
        if engine == "sqlite":
            return f"sqlite:///{Path(rest.removeprefix('/') or 'auth.db').absolute()}" if rest != "/" else ""
        if engine == "mongodb":
            return text
        _ = urlsplit(text).port
        return f"postgresql://{rest}"

    default = f"sqlite:///{folder / 'auth-portal.db'}"
    url = _without_secret(reader, parse, default)
    redis = reader.text("REDIS_URL")
    if redis is not None and redis.split("://")[0] not in {"redis", "rediss", "valkey", "valkeys", "unix"}:
        reader.wrong("REDIS_URL", "must begin with redis://, rediss:// or unix://")
    return StorageRules(
        url=url,
        redis_url=redis,
        pool=reader.whole("DATABASE_POOL", 10, 1, 200),
        statement_cache=reader.whole("DATABASE_STATEMENT_CACHE", 100, 0, 10_000),
    )


def _without_secret(reader: Reader, parse: Callable[[str], str], default: str) -> str:
    """The URL; a mistake about it never repeats it, since it may hold a password."""
    value = reader.text("DATABASE_URL")
    if value is None:
        return default
    try:
        return parse(value) or default
    except ValueError as fault:
        reader.wrong("DATABASE_URL", str(fault).split("'", 1)[0])
        return default
