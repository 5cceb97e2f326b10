"""Every statement about tickets; their guards stand in them."""

from sqlalchemy import and_, delete, insert, select

from auth_portal.storage.sql.declaring import at_most, every, given, one_of
from auth_portal.storage.sql.driver import Prepares
from auth_portal.storage.sql.statements import PURPOSES, TicketStatements
from auth_portal.storage.sql.tables import TICKETS

T = TICKETS.c


def ticket_statements(db: Prepares) -> TicketStatements:
    """Compiled for one database."""
    purposes = one_of(T.purpose, "purpose", PURPOSES)
    living = and_(T.digest == given("digest"), purposes, T.expires_at > given("now"))
    held = T.holder == given("holder")
    expired = T.expires_at <= given("now")
    some = select(T.digest).where(expired).limit(at_most()).scalar_subquery()
    return TicketStatements(
        add=db.prepare(insert(TICKETS).values(every(TICKETS))),
        spend=db.prepare(delete(TICKETS).where(living).returning(*T)),
        peek=db.prepare(select(TICKETS).where(living)),
        void=db.prepare(delete(TICKETS).where(held, purposes)),
        void_all=db.prepare(delete(TICKETS).where(held)),
        sweep=db.prepare(delete(TICKETS).where(expired, T.digest.in_(some))),
    )
