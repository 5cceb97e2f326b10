"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything that the first version keeps."""
    _accounts()
    _sessions()
    _keys()
    _tickets()
    _letters()
    _events()


def _text(name: str, *, optional: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=optional)


def _bytes(name: str, *, key: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, primary_key=key, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _at(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _table(name: str, *columns: sa.Column[str] | sa.Column[bytes] | sa.Column[int]) -> None:
    op.create_table(name, *columns, sqlite_with_rowid=False)


def _index(table: str, *names: str, unique: bool = False, filled: str | None = None) -> None:
    condition = sa.column(filled).is_not(None) if filled else None
    op.create_index(
        f"{table}_{'_'.join(names)}",
        table,
        [*names],
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _accounts() -> None:
    _table(
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
    _index("accounts", "email", unique=True)
    _index("accounts", "deleted_at", filled="deleted_at")
    _table(
        "identities",
        _text("id", key=True),
        _text("account_id"),
        _text("provider"),
        _text("subject"),
        _text("email", optional=True),
        _at("linked_at"),
    )
    _index("identities", "provider", "subject", unique=True)
    _index("identities", "account_id")


def _sessions() -> None:
    _table(
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
    _index("sessions", "account_id", "created_at")
    _index("sessions", "created_at")
    _index("sessions", "ended_at", filled="ended_at")
    _table("devices", _text("account_id", key=True), _bytes("mark", key=True), _at("seen_at"))
    _index("devices", "seen_at")


def _keys() -> None:
    _table(
        "signing_keys",
        _text("kid", key=True),
        _text("algorithm"),
        _text("public"),
        _bytes("sealed"),
        _at("created_at"),
        _at("signs_from"),
        _at("retired_at", optional=True),
        _text("first_of", optional=True),
    )
    _index("signing_keys", "first_of", unique=True)
    _table("pins", _text("name", key=True), _bytes("value"))


def _tickets() -> None:
    _table(
        "tickets",
        _bytes("digest", key=True),
        _text("purpose"),
        _text("holder"),
        _bytes("payload"),
        _at("created_at"),
        _at("expires_at"),
    )
    _index("tickets", "holder")
    _index("tickets", "expires_at")


def _letters() -> None:
    _table(
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
    _index("letters", "state", "next_try_at")
    _index("letters", "recipient")
    _index("letters", "settled_at", filled="settled_at")


def _events() -> None:
    _table(
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
        _text("facts"),
    )
    _index("events", "account_id", "id")
    _index("events", "at")
