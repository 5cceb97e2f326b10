"""Collections and indexes: which there must be, so that guards and unique keys hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VERSION = 1
SCHEMA = "schema"

# A prefix, since the original keeps `users` and `sessions` in what may be the same database.
ACCOUNTS = "portal_accounts"
SESSIONS = "portal_sessions"
DEVICES = "portal_devices"
TICKETS = "portal_tickets"
OUTBOX = "portal_outbox"
JOURNAL = "portal_journal"
HOUSE = "portal_house"


@dataclass(frozen=True)
class Index:
    """One index that we need. `options` are the driver's, unique and partial ones among them."""

    collection: str
    name: str
    keys: tuple[tuple[str, int], ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def _unique_text(path: str) -> dict[str, Any]:
    """Unique among texts only: any number of accounts have no address, or no identity.

    Written as "greater than the empty text", from which planners see that an equality is covered.
    """
    return {"unique": True, "partialFilterExpression": {path: {"$gt": ""}}}


def _index(collection: str, *fields: str, **options: Any) -> Index:
    """An index over these fields; a leading `-` means descending."""
    keys = tuple((name.lstrip("-"), -1 if name.startswith("-") else 1) for name in fields)
    return Index(collection, "_".join(name for name, _ in keys).replace(".", "_"), keys, options)


INDEXES = (
    _index(ACCOUNTS, "email", **_unique_text("email")),
    _index(ACCOUNTS, "identities.key", **_unique_text("identities.key")),
    _index(ACCOUNTS, "deleted_at", partialFilterExpression={"deleted_at": {"$gt": 0}}),
    _index(SESSIONS, "account_id", "-created_at"),
    _index(SESSIONS, "ended_at", partialFilterExpression={"ended_at": {"$gt": 0}}),
    _index(SESSIONS, "created_at"),
    _index(DEVICES, "marks.at"),
    _index(TICKETS, "holder"),
    _index(TICKETS, "expires_at"),
    # The server's own sweep, a day late: whether a ticket is alive is asked when it is spent.
    _index(TICKETS, "swept_after", expireAfterSeconds=0),
    _index(OUTBOX, "state", "claimed_until", "next_try_at"),
    _index(OUTBOX, "state", "-_id"),
    _index(OUTBOX, "recipient"),
    _index(OUTBOX, "account_id", partialFilterExpression={"account_id": {"$gt": ""}}),
    _index(OUTBOX, "settled_at", partialFilterExpression={"settled_at": {"$gt": 0}}),
    _index(JOURNAL, "account_id", "-_id"),
    _index(JOURNAL, "at"),
)

COLLECTIONS = (ACCOUNTS, SESSIONS, DEVICES, TICKETS, OUTBOX, JOURNAL, HOUSE)


def as_wanted(index: Index, facts: Mapping[str, Any]) -> bool:
    """The keys are right, and what makes it unique, partial or expiring."""
    keys = tuple((str(name), int(direction)) for name, direction in facts["key"])
    if keys != index.keys or bool(facts.get("unique")) != bool(index.options.get("unique")):
        return False
    partial = facts.get("partialFilterExpression")
    wanted = index.options.get("partialFilterExpression")
    same_partial = (dict(partial) if partial else None) == wanted
    return same_partial and facts.get("expireAfterSeconds") == index.options.get("expireAfterSeconds")
