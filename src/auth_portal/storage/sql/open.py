"""Opens SQLite or PostgreSQL: one database with every port on top of it."""

from dataclasses import replace
from pathlib import Path

from auth_portal.core.log import Log
from auth_portal.storage.rules import StorageRules
from auth_portal.storage.sql.accounts import SqlAccounts
from auth_portal.storage.sql.devices import SqlDevices
from auth_portal.storage.sql.driver import Database
from auth_portal.storage.sql.journal import SqlJournal
from auth_portal.storage.sql.outbox import SqlOutbox
from auth_portal.storage.sql.sessions import SqlSessions
from auth_portal.storage.sql.signing_keys import SqlSigningKeys
from auth_portal.storage.sql.statements import statements_for
from auth_portal.storage.sql.tickets import SqlTickets
from auth_portal.storage.stores import Admin, StorageError, Stores


async def open_sql(rules: StorageRules, log: Log) -> Stores:
    """Open the database that `rules.url` names; its schema is left as it is.

    A PostgreSQL server that is away is no reason to fail here: calls answer 503 until it is back.
    Raises StorageError for what waiting does not mend.
    """
    if rules.engine == "postgresql":
        return _open_postgresql(rules)
    if rules.engine == "sqlite":
        return _open_sqlite(rules, log)
    raise StorageError(f"{rules.engine} is no database that speaks SQL here.")


def _open_sqlite(rules: StorageRules, log: Log) -> Stores:
    """One file and its writer."""
    from auth_portal.storage.sql.sqlite import SqliteDatabase  # noqa: PLC0415 -- only one driver is loaded
    from auth_portal.storage.sql.sqlite_admin import SqliteAdmin  # noqa: PLC0415 -- the same
    from auth_portal.storage.sql.sqlite_connection import SqliteFile  # noqa: PLC0415 -- the same

    name = rules.url.partition(":///")[2]
    if not name or name == ":memory:":
        raise StorageError("SQLite needs a file: DATABASE_URL=sqlite:///path/to/auth.db")
    file = SqliteFile(Path(name), rules.busy_wait)
    file.create()
    db = SqliteDatabase(file, rules.writer_queue, log)
    writer = db.writer
    stores = replace(
        _stores("sqlite", db, SqliteAdmin(db)),
        counts=lambda: {"commits": writer.commits, "changes": writer.changes},
    )
    writer.start()
    return stores


def _open_postgresql(rules: StorageRules) -> Stores:
    """A pool of connections."""
    from auth_portal.storage.sql.postgresql import (  # noqa: PLC0415 -- only one driver is loaded
        PostgresqlDatabase,
        pool_for,
    )
    from auth_portal.storage.sql.postgresql_admin import PostgresqlAdmin  # noqa: PLC0415 -- the same

    db = PostgresqlDatabase(pool_for(rules), statement_cache=rules.statement_cache)
    return _stores("postgresql", db, PostgresqlAdmin(db, rules.url, rules.statement_cache))


def _stores(engine: str, db: Database, admin: Admin) -> Stores:
    """Every port on this database."""
    statements = statements_for(engine)
    return Stores(
        engine=engine,
        accounts=SqlAccounts(db, statements),
        sessions=SqlSessions(db, statements),
        devices=SqlDevices(db, statements),
        signing_keys=SqlSigningKeys(db, statements),
        tickets=SqlTickets(db, statements),
        outbox=SqlOutbox(db, statements),
        journal=SqlJournal(db, statements),
        admin=admin,
    )
