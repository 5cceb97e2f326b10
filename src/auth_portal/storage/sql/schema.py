"""The schema's version, and the door to Alembic, which is imported only when there is work for it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from auth_portal.storage.sql.driver import Statement
from auth_portal.storage.stores import NewerSchemaError, OlderSchemaError, StorageError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

VERSIONS = ("0001", "0002")
"""Every version that this program knows, oldest first; a test compares them with the files."""

HEAD = VERSIONS[-1]
MIGRATIONS = Path(__file__).parents[1] / "migrations"
READ_VERSION = Statement("SELECT version_num FROM alembic_version", (), {}, returns_rows=True)


def refuse_newer(version: str) -> None:
    """Raise NewerSchemaError for a version that only a newer program can have written."""
    if version and version not in VERSIONS:
        raise NewerSchemaError(
            f"The database has schema {version}, this version of Auth Portal knows it up to {HEAD}: "
            "start the newer version, or restore a backup from before the update."
        )


def require_current(version: str) -> None:
    """Raise unless the schema is exactly ours."""
    refuse_newer(version)
    if version != HEAD:
        stands = f"schema {version}" if version else "no schema"
        raise OlderSchemaError(f"The database has {stands}, {HEAD} is needed: run `auth-portal migrate`.")


def pending(version: str) -> list[str]:
    """A line for each step from that version to ours."""
    refuse_newer(version)
    if version == HEAD:
        return []
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- half a second, only when there is work

    steps = ScriptDirectory.from_config(_config()).iterate_revisions(HEAD, version or "base")
    return [f"{step.revision}: {step.doc}" for step in reversed([*steps])]


def upgrade(connection: "Connection", progress: Callable[[str], None]) -> None:
    """Run the pending steps in the connection's transaction, which must hold the lock already.

    Raises StorageError when a newer program migrated while this one waited for the lock.
    """
    from alembic import command  # noqa: PLC0415 -- half a second, only when there is work
    from alembic.util import CommandError  # noqa: PLC0415 -- the same

    config = _config()
    config.attributes["connection"] = connection
    config.attributes["progress"] = progress
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise not_migrated(error) from error


def own_error(error: BaseException) -> BaseException:
    """The driver's own error, which SQLAlchemy wraps once or twice."""
    inner: BaseException | None = getattr(error, "orig", None)
    while inner is not None:
        error, inner = inner, inner.__cause__
    return error


def not_migrated(error: Exception, hint: str = "") -> StorageError:
    """What the operator reads, in the database's own words, and what helps."""
    return StorageError(f"The schema could not be brought up to date: {own_error(error)}.{hint}")


def _config() -> "Config":
    """Alembic's settings, without a file."""
    from alembic.config import Config  # noqa: PLC0415 -- half a second, only when there is work

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
