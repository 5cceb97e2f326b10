"""Every statement about the journal; their guards stand in them."""

from sqlalchemy import delete, insert, select, update

from auth_portal.storage.sql.declaring import at_most, every, given
from auth_portal.storage.sql.driver import Prepares
from auth_portal.storage.sql.statements import JournalStatements
from auth_portal.storage.sql.tables import EVENTS

E = EVENTS.c
MINE = E.account_id == given("account_id")
NO_FACTS = "{}"


def journal_statements(db: Prepares) -> JournalStatements:
    """Compiled for one database."""
    newest = select(EVENTS).where(MINE).order_by(E.id.desc()).limit(at_most())
    old = E.at < given("before")
    some = select(E.id).where(old).limit(at_most()).scalar_subquery()
    return JournalStatements(
        append=db.prepare(insert(EVENTS).values(every(EVENTS))),
        of=db.prepare(newest),
        of_before=db.prepare(newest.where(E.id < given("before_id"))),
        pseudonymise=db.prepare(update(EVENTS).where(MINE).values(ip="", user_agent="", facts=NO_FACTS)),
        sweep=db.prepare(delete(EVENTS).where(old, E.id.in_(some))),
    )
