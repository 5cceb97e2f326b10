"""The tables: columns are text, integers and bytes only, instants are milliseconds."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, column

METADATA = MetaData()


def _table(name: str, *columns: Column[int] | Column[str] | Column[bytes]) -> Table:
    """A table kept in the order of its key in SQLite: one descent to a row instead of two."""
    return Table(name, METADATA, *columns, sqlite_with_rowid=False)


def _text(name: str, *, optional: bool = False, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=optional)


def _bytes(name: str, *, optional: bool = False, key: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, primary_key=key, nullable=optional)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _at(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


ACCOUNTS = _table(
    "accounts",
    _text("id", key=True),
    _text("email", optional=True),
    _text("first_name"),
    _text("last_name"),
    _at("created_at"),
    _at("updated_at"),
    _text("password_hash", optional=True),
    _at("email_confirmed_at", optional=True),
    _text("locale", optional=True),
    _text("social_type", optional=True),
    _at("password_changed_at", optional=True),
    _at("password_reset_at", optional=True),
    _at("disabled_at", optional=True),
    _at("deleted_at", optional=True),
    _count("epoch"),
    _count("failures"),
    _count("failures_day"),
)

IDENTITIES = _table(
    "identities",
    _text("id", key=True),
    _text("account_id"),
    _text("provider"),
    _text("subject"),
    _text("email", optional=True),
    _at("linked_at"),
)

SESSIONS = _table(
    "sessions",
    _text("id", key=True),
    _text("account_id"),
    _count("epoch"),
    _count("generation"),
    _count("burst_from"),
    _at("burst_at"),
    _at("rotated_at"),
    _at("created_at"),
    _text("name"),
    _text("method"),
    _text("ip"),
    _text("network"),
    _text("user_agent"),
    _at("ended_at", optional=True),
    _text("end_reason", optional=True),
)

DEVICES = _table(
    "devices",
    _text("account_id", key=True),
    _bytes("mark", key=True),
    _at("seen_at"),
)

SIGNING_KEYS = _table(
    "signing_keys",
    _text("kid", key=True),
    _text("algorithm"),
    _text("public"),
    _bytes("sealed"),
    _at("created_at"),
    _at("signs_from"),
    _at("retired_at", optional=True),
    _text("first_of", optional=True),  # its algorithm, while it is the one that `only_first` added
)

PINS = _table("pins", _text("name", key=True), _bytes("value"))

TICKETS = _table(
    "tickets",
    _bytes("digest", key=True),
    _text("purpose"),
    _text("holder"),
    _bytes("payload"),
    _at("created_at"),
    _at("expires_at"),
)

LETTERS = _table(
    "letters",
    _text("id", key=True),
    _text("kind"),
    _text("recipient"),
    _text("account_id", optional=True),
    _text("message_id"),
    _bytes("sealed"),
    _at("created_at"),
    _at("next_try_at"),
    _at("best_before"),
    _text("state"),
    _count("tries"),
    _at("claimed_until", optional=True),
    _at("settled_at", optional=True),
    _text("last_error"),
)

EVENTS = _table(
    "events",
    _text("id", key=True),
    _text("kind"),
    _at("at"),
    _text("account_id", optional=True),
    _text("session_id", optional=True),
    _text("ip"),
    _text("user_agent"),
    _text("outcome"),
    _text("trace"),
    _text("facts"),  # JSON, an object of texts
)


def _index(table: Table, *names: str, unique: bool = False, filled: str | None = None) -> Index:
    """An index named after its columns; `filled` leaves out rows in which that column is NULL."""
    condition = column(filled).is_not(None) if filled else None
    return Index(
        f"{table.name}_{'_'.join(names)}",
        *(table.c[name] for name in names),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


# No index has a column that rotating a session or counting a failure writes: PostgreSQL then
# updates the row in its page, and no index grows with use.
INDEXES = (
    _index(ACCOUNTS, "email", unique=True),
    _index(ACCOUNTS, "deleted_at", filled="deleted_at"),
    _index(IDENTITIES, "provider", "subject", unique=True),
    _index(IDENTITIES, "account_id"),
    _index(SESSIONS, "account_id", "created_at"),
    _index(SESSIONS, "created_at"),
    _index(SESSIONS, "ended_at", filled="ended_at"),
    _index(DEVICES, "seen_at"),
    _index(SIGNING_KEYS, "first_of", unique=True),
    _index(TICKETS, "holder"),
    _index(TICKETS, "expires_at"),
    _index(LETTERS, "state", "next_try_at"),
    _index(LETTERS, "recipient"),
    _index(LETTERS, "account_id", filled="account_id"),
    _index(LETTERS, "settled_at", filled="settled_at"),
    _index(EVENTS, "account_id", "id"),
    _index(EVENTS, "at"),
)
