"""`auth-portal backup`, `restore` and `sweep`: keeping data, and letting go of it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from auth_portal.cli.opened import Sorry, opened, settings, wait_for
from auth_portal.cli.screen import busy
from auth_portal.settings.root_secret import KEY_FILE
from auth_portal.settings.settings import Settings
from auth_portal.storage.sql.schema import VERSIONS

OURS = ("accounts", "pins", "alembic_version")
ELSEWHERE = {
    "postgresql": "pg_dump --format=custom, and pg_restore",
    "mongodb": "mongodump --oplog, and mongorestore",
}


def backup(target: Path) -> None:
    """Copy the SQLite database while the server runs; names the key file, which belongs to it.

    Parameters
    ----------
    target
        The file to write; it must not exist.

    """
    chosen = settings()
    source = _file(chosen)
    if target.exists():
        raise Sorry(f"{target} exists already.")
    if not source.exists():
        raise Sorry(f"There is no database at {source}.")
    with busy(f"Copying {source}"):
        _copy(source, target)
    print(f"{target} holds {target.stat().st_size:,} bytes.")
    key = chosen.data_dir / KEY_FILE
    if key.exists():
        print(f"Keep {key} too, in another place: without it everybody has to sign in again.")
    else:
        print("Keep AUTH_REFRESH_SECRET too, in another place: without it everybody has to sign in again.")


def restore(source: Path, *, yes: bool = False) -> None:
    """Put a backup in the place of the SQLite database; the server must not be running.

    Parameters
    ----------
    source
        A file that `backup` wrote.
    yes
        Replace a database that is there.

    """
    chosen = settings()
    target = _file(chosen)
    if not source.exists():
        raise Sorry(f"There is no file {source}.")
    with _read_only(source) as copy:
        _check(copy, source)
        _check_version(copy, source)
        _check_root(copy, chosen)
    if target.exists() and not yes:
        raise Sorry(f"{target} is there already; --yes replaces it.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists():
        _nobody_writes(target)
    fresh = target.with_name(f"{target.name}.new")
    _copy(source, fresh)
    for rest in ("-wal", "-shm"):
        target.with_name(target.name + rest).unlink(missing_ok=True)
    fresh.rename(target)
    print(
        f"{target} is as it was when {source} was written. What was ended since then lives again: sign-outs,"
    )
    print(
        "disabled and deleted accounts, changed passwords, retired keys. Do that again, and start the server."
    )


def sweep() -> None:
    """Remove what has served its time: expired links, old sessions, settled letters, old events."""

    async def work() -> None:
        async with opened() as portal:
            with busy("Sweeping"):
                swept = await portal.wiring.sweep()
            for room, count in swept.items():
                print(f"{room:<10} {count}")

    wait_for(work())


def _file(chosen: Settings) -> Path:
    """The SQLite file. Raises Sorry with the right tool for any other database."""
    engine = chosen.storage.engine
    if engine != "sqlite":
        raise Sorry(f"With {engine} use its own tools: {ELSEWHERE.get(engine, 'see docs/operations.md')}.")
    return Path(chosen.storage.url.removeprefix("sqlite:///"))


def _copy(source: Path, target: Path) -> None:
    """A whole copy in one file of its own, readable by its owner only; nothing is left where that fails."""
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    try:
        with _read_only(source) as here, closing(sqlite3.connect(draft)) as there:
            here.backup(there)  # in WAL a reader keeps no writer waiting
            there.execute("PRAGMA journal_mode = DELETE")  # one file, that a read-only disk can hold
            _check(there, source)
        draft.rename(target)
    except sqlite3.Error as fault:
        raise Sorry(f"{source} cannot be copied to {target}: {fault}") from None
    finally:
        for rest in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + rest).unlink(missing_ok=True)


@contextmanager
def _read_only(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot harm the file. Raises Sorry for what cannot be opened."""
    try:
        opened = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
    except sqlite3.Error as fault:
        raise Sorry(f"{file} cannot be opened: {fault}") from None
    with closing(opened):
        yield opened


def _check(database: sqlite3.Connection, file: Path) -> None:
    """It is whole, and ours."""
    try:
        (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        found = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as fault:
        raise Sorry(f"{file} is no database: {fault}") from None
    if verdict != "ok":
        raise Sorry(f"{file} is damaged: {verdict}")
    for table in OURS:
        if table not in found:
            raise Sorry(f"{file} is no database of Auth Portal: it has no {table} table.")


def _check_version(copy: sqlite3.Connection, file: Path) -> None:
    """We can serve it, after migrating perhaps. Raises Sorry."""
    found = [version for (version,) in copy.execute("SELECT version_num FROM alembic_version")]
    if len(found) != 1 or found[0] not in VERSIONS:
        stands = found[0] if found else "none"
        raise Sorry(
            f"{file} was written by a newer version of Auth Portal, or is none of ours (schema {stands})."
        )


def _check_root(copy: sqlite3.Connection, chosen: Settings) -> None:
    """The copy belongs to the root secret that the server will have. Raises Sorry."""
    pinned = copy.execute("SELECT value FROM pins WHERE name = 'root'").fetchall()
    if pinned and bytes(pinned[0][0]) not in chosen.root.check_values():
        raise Sorry(
            f"This backup belongs to another root secret. Put the key file that was kept beside it to"
            f" {chosen.data_dir / KEY_FILE} (mode 0600), or its secret into AUTH_REFRESH_SECRET."
        )


def _nobody_writes(file: Path) -> None:
    """Nobody else has it open for writing. Raises Sorry when a server seems to run."""
    with closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as database:
        try:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("ROLLBACK")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as fault:
            raise Sorry(f"{file} is in use: stop the server first ({fault}).") from None
        except sqlite3.DatabaseError:
            return  # damaged beyond opening: what one restores for
