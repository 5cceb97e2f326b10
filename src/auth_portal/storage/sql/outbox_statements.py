"""Every statement about the outbox; their guards stand in them."""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    and_,
    case,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)

from auth_portal.mail.letter import LetterState
from auth_portal.storage.sql.declaring import at_most, every, given
from auth_portal.storage.sql.driver import Prepares
from auth_portal.storage.sql.statements import OutboxStatements
from auth_portal.storage.sql.tables import LETTERS

L = LETTERS.c
NOW = given("now", BigInteger)
WAITS: ColumnElement[str] = literal_column(f"'{LetterState.WAITING}'")
WAITING = L.state == WAITS
SENT: ColumnElement[str] = literal_column(f"'{LetterState.SENT}'")
DEAD: ColumnElement[str] = literal_column(f"'{LetterState.DEAD}'")
CLAIMED = and_(L.id == given("letter_id"), WAITING, L.claimed_until == given("claimed_until"))
EMPTY = given("empty", LargeBinary)  # no literal: JSON, in which statements are kept, has no bytes


def outbox_statements(db: Prepares) -> OutboxStatements:
    """Compiled for one database."""
    free = or_(L.claimed_until.is_(None), L.claimed_until <= NOW)
    due = select(L.id).where(WAITING, L.next_try_at <= NOW, free).order_by(L.next_try_at)
    # Several couriers: each skips what another is just taking. Named, since PostgreSQL may run a
    # plain subquery more than once, and each run would skip what the run before has locked.
    taken = due.limit(at_most()).with_for_update(skip_locked=True).cte("taken")
    settled = {"settled_at": NOW, "sealed": EMPTY, "claimed_until": null()}
    settled_before = L.settled_at < given("before")
    some = select(L.id).where(settled_before).limit(at_most()).scalar_subquery()
    free_at = case((L.claimed_until > L.next_try_at, L.claimed_until), else_=L.next_try_at)
    newest = select(LETTERS).order_by(L.id.desc()).limit(at_most())
    return OutboxStatements(
        post=db.prepare(insert(LETTERS).values(every(LETTERS))),
        claim=db.prepare(
            update(LETTERS)
            .where(L.id.in_(select(taken.c.id)), WAITING, free)
            .values(tries=L.tries + literal_column("1"), claimed_until=given("until"))
            .returning(*L)
        ),
        sent=db.prepare(update(LETTERS).where(CLAIMED).values(settled | {"state": SENT})),
        try_later=db.prepare(
            update(LETTERS)
            .where(CLAIMED)
            .values(claimed_until=null(), next_try_at=given("next_try_at"), last_error=given("error"))
        ),
        dead=db.prepare(
            update(LETTERS).where(CLAIMED).values(settled | {"state": DEAD, "last_error": given("error")})
        ),
        find=db.prepare(select(LETTERS).where(L.id == given("letter_id"))),
        page=db.prepare(newest),
        page_of=db.prepare(newest.where(L.state == given("state"))),
        counts=db.prepare(select(L.state, func.count()).where(L.state.in_((WAITS, DEAD))).group_by(L.state)),
        next_due=db.prepare(select(func.min(free_at)).where(WAITING)),
        forget=db.prepare(delete(LETTERS).where(L.account_id == given("account_id"))),
        forget_address=db.prepare(
            delete(LETTERS).where(L.recipient == given("address"), L.account_id.is_(None))
        ),
        sweep=db.prepare(delete(LETTERS).where(settled_before, L.id.in_(some))),
    )
