"""Every statement as its database wants it: compiled before, kept in a file, read when a server starts.

SQLAlchemy writes them, and with it come a fifth of a start and of a server's memory; yet a statement
never changes while a server runs. So the files under `compiled/` are written by `make statements`
from what the modules `*_statements.py` declare, and a test compares them with what compiling gives.
"""

from pathlib import Path

import msgspec

from auth_portal.storage.sql.driver import Statement
from auth_portal.tickets.ticket import Purpose

MARKS = 4  # of devices, that one question can name
PURPOSES = len(Purpose)  # of tickets, that one question can name
SWEPT = 100  # sessions, that one deletion can name
COMPILED = Path(__file__).parent / "compiled"


class Reads(msgspec.Struct, frozen=True):
    """Accounts: what is asked."""

    find: Statement
    find_by_email: Statement
    find_by_identity: Statement
    identities: Statement
    page: Statement


class Writes(msgspec.Struct, frozen=True):
    """Accounts: what is changed on the account's row."""

    create: Statement
    create_with_identity: Statement
    rename: Statement
    confirm: Statement
    rehash: Statement
    set_password: Statement
    set_first_password: Statement
    reset_password: Statement
    take_over: Statement
    change_email: Statement
    add_email: Statement
    disable: Statement
    enable: Statement
    delete: Statement
    end_everything: Statement
    reserve_try: Statement
    give_back_try: Statement
    forgive: Statement
    lock: Statement
    lock_as_seen: Statement
    forget_social_type: Statement
    deleted_before: Statement
    remove: Statement


class Links(msgspec.Struct, frozen=True):
    """Accounts: what is changed in identities."""

    add: Statement
    link: Statement
    unlink: Statement
    unlink_even_last: Statement
    drop: Statement


class DeviceStatements(msgspec.Struct, frozen=True):
    """About known devices."""

    knows: Statement
    remember: Statement
    trim: Statement
    forget: Statement
    sweep: Statement


class JournalStatements(msgspec.Struct, frozen=True):
    """About the journal."""

    append: Statement
    of: Statement
    of_before: Statement
    pseudonymise: Statement
    sweep: Statement


class OutboxStatements(msgspec.Struct, frozen=True):
    """About the outbox."""

    post: Statement
    claim: Statement
    sent: Statement
    try_later: Statement
    dead: Statement
    find: Statement
    page: Statement
    page_of: Statement
    counts: Statement
    next_due: Statement
    forget: Statement
    forget_address: Statement
    sweep: Statement


class SessionStatements(msgspec.Struct, frozen=True):
    """About sessions."""

    open: Statement
    find: Statement
    rotate: Statement
    advance: Statement
    end: Statement
    end_own: Statement
    end_others: Statement
    queue: Statement
    end_over: Statement
    forget_over: Statement
    living: Statement
    rename: Statement
    restamp: Statement
    sweep: Statement
    old: Statement
    sweep_unused: Statement
    forget: Statement


class SigningKeyStatements(msgspec.Struct, frozen=True):
    """About signing keys and the root secret's check value."""

    all: Statement
    add: Statement
    add_first: Statement
    retire: Statement
    sweep: Statement
    pin: Statement
    repin: Statement
    pinned: Statement


class TicketStatements(msgspec.Struct, frozen=True):
    """About tickets."""

    add: Statement
    spend: Statement
    peek: Statement
    void: Statement
    void_all: Statement
    sweep: Statement


class Statements(msgspec.Struct, frozen=True):
    """All of them, for one database."""

    account_reads: Reads
    account_writes: Writes
    account_links: Links
    devices: DeviceStatements
    journal: JournalStatements
    outbox: OutboxStatements
    sessions: SessionStatements
    signing_keys: SigningKeyStatements
    tickets: TicketStatements


def file_of(engine: str) -> Path:
    """Where the statements for sqlite or postgresql lie."""
    return COMPILED / f"{engine}.json"


def statements_for(engine: str) -> Statements:
    """Read them: a third of a millisecond."""
    return msgspec.json.decode(file_of(engine).read_bytes(), type=Statements)
