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
            if "?" in rest:
                raise ValueError(
                    "names a file and takes no options: leave out the question mark and what follows"
                )
            return f"sqlite:///{Path(rest.removeprefix('/') or 'auth.db').absolute()}" if rest != "/" else ""
        if engine == "mongodb":
            return text
        _check_port(text)
        return f"postgresql://{rest}"

    default = f"sqlite:///{folder / 'auth-portal.db'}"
    url = _without_secret(reader, parse, default)
    redis = reader.text("REDIS_URL")
    if redis is not None:
        _check_redis(reader, redis)
    return StorageRules(
        url=url,
        redis_url=redis,
        pool=reader.whole("DATABASE_POOL", 10, 1, 200),
        statement_cache=reader.whole("DATABASE_STATEMENT_CACHE", 100, 0, 10_000),
    )


def _check_port(url: str) -> None:
    """The port is one. Raises ValueError with the likely cause, without the URL: it may hold a password."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ValueError("has no usable port; in a password write : / ? # @ and % as %3A %2F …") from None


def _check_redis(reader: Reader, url: str) -> None:
    """What the driver would refuse when the server has begun to start; the URL itself is never told."""
    if url.split("://", maxsplit=1)[0] not in {"redis", "rediss", "valkey", "valkeys", "unix"}:
        reader.wrong("REDIS_URL", "must begin with redis://, rediss:// or unix://")
        return
    from auth_portal.storage.valkey.address import check_address  # noqa: PLC0415 -- only with REDIS_URL

    try:
        _check_port(url)
        check_address(url)
    except ValueError as fault:
        reader.wrong("REDIS_URL", str(fault))


def _without_secret(reader: Reader, parse: Callable[[str], str], default: str) -> str:
    """The URL; a mistake about it never repeats it, since it may hold a password."""
    value = reader.text("DATABASE_URL")
    if value is None:
        return default
    try:
        return parse(value) or default
    except ValueError as fault:
        reader.wrong("DATABASE_URL", str(fault))
        return default
