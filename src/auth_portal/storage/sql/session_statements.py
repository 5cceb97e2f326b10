"""Every statement about sessions; their guards stand in them."""

from sqlalchemy import (
    BigInteger,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from auth_portal.storage.sql.declaring import at_most, every, given, one_of
from auth_portal.storage.sql.driver import Prepares, Statement
from auth_portal.storage.sql.statements import SWEPT, SessionStatements
from auth_portal.storage.sql.tables import ACCOUNTS, SESSIONS

S = SESSIONS.c
NOW = given("now", BigInteger)
MINE = S.account_id == given("account_id")
THIS = S.id == given("session_id")
LIVING = S.ended_at.is_(None)
ENDED = {"ended_at": NOW, "end_reason": given("reason")}
OF_EPOCH = S.epoch == given("epoch")
KEEP = given("keep")


def _advance() -> dict[str, object]:
    """What a rotation writes."""
    written = ("burst_from", "burst_at", "ip", "user_agent")
    return {
        "generation": S.generation + literal_column("1"),
        "rotated_at": NOW,
        **{name: given(name) for name in written},
    }


def _rotate() -> ReturningUpdate[tuple[str]]:
    """`advance` under the conditions of `judge()`, with the burst of `next_burst()`."""
    owner = ACCOUNTS.c
    usable = exists().where(
        owner.id == S.account_id,
        owner.epoch == S.epoch,
        owner.disabled_at.is_(None),
        owner.deleted_at.is_(None),
    )
    in_time = and_(
        S.rotated_at >= given("idle_since", BigInteger), S.created_at >= given("absolute_since", BigInteger)
    )
    running = and_(S.generation > literal_column("0"), S.burst_at >= given("burst_since", BigInteger))
    written = {
        "generation": S.generation + literal_column("1"),
        "burst_from": case((running, S.burst_from), else_=S.generation),
        "burst_at": case((running, S.burst_at), else_=NOW),
        "rotated_at": NOW,
        "ip": given("ip"),
        "user_agent": given("user_agent"),
    }
    unused = S.generation == given("shown")
    return (
        update(SESSIONS).where(THIS, unused, LIVING, in_time, usable).values(written).returning(S.account_id)
    )


def _caps(db: Prepares) -> dict[str, Statement]:
    """The cap of an account's sessions, living and dead."""
    oldest = (
        select(S.id)
        .where(MINE, OF_EPOCH, LIVING)
        .order_by(S.created_at.desc(), S.id.desc())
        .offset(KEEP)
        .scalar_subquery()
    )
    dead = and_(MINE, or_(S.ended_at.is_not(None), S.epoch < given("epoch")))
    newest_end = func.coalesce(S.ended_at, S.rotated_at).desc()
    forgotten = select(S.id).where(dead).order_by(newest_end, S.id.desc()).offset(KEEP).scalar_subquery()
    owner = select(ACCOUNTS.c.id).where(ACCOUNTS.c.id == given("account_id"))
    return {
        "queue": db.prepare(owner.with_for_update()),
        "end_over": db.prepare(update(SESSIONS).where(MINE, LIVING, S.id.in_(oldest)).values(ENDED)),
        "forget_over": db.prepare(delete(SESSIONS).where(dead, S.id.in_(forgotten))),
    }


def _ends(db: Prepares) -> dict[str, Statement]:
    """Everything that ends or removes sessions."""
    ended = S.ended_at < given("before")
    some = select(S.id).where(ended).limit(at_most()).scalar_subquery()
    return {
        "end": db.prepare(update(SESSIONS).where(THIS, LIVING).values(ENDED)),
        "end_own": db.prepare(update(SESSIONS).where(THIS, MINE, LIVING).values(ENDED)),
        "end_others": db.prepare(update(SESSIONS).where(MINE, LIVING, S.id != KEEP).values(ENDED)),
        "sweep": db.prepare(delete(SESSIONS).where(ended, S.id.in_(some))),
        "forget": db.prepare(delete(SESSIONS).where(MINE)),
    }


def _unused(db: Prepares) -> dict[str, Statement]:
    """A page of the sessions of long ago is read, then those of it that nobody used are deleted.

    In two statements: most of what was made long ago may still be used, and what looks at it must be
    no change, which all other changes would wait for. Nothing was rotated before it was made, so the
    index on `created_at` finds them all: an index on `rotated_at` would cost every refresh.
    """
    old = and_(S.created_at >= given("since", BigInteger), S.created_at < given("before"))
    page = select(S.id, S.created_at, S.rotated_at).where(old).order_by(S.created_at).limit(at_most())
    still = S.rotated_at < given("before")
    return {
        "old": db.prepare(page),
        "sweep_unused": db.prepare(delete(SESSIONS).where(one_of(S.id, "id", SWEPT), still)),
    }


def session_statements(db: Prepares) -> SessionStatements:
    """Every statement of the slice, compiled."""
    together = SESSIONS.join(ACCOUNTS, ACCOUNTS.c.id == S.account_id)
    unused = S.generation == given("generation")
    return SessionStatements(
        open=db.prepare(insert(SESSIONS).values(every(SESSIONS))),
        find=db.prepare(select(SESSIONS, ACCOUNTS).select_from(together).where(THIS)),
        rotate=db.prepare(_rotate()),
        advance=db.prepare(update(SESSIONS).where(THIS, unused, LIVING).values(_advance())),
        living=db.prepare(
            select(SESSIONS).where(MINE, OF_EPOCH, LIVING).order_by(S.created_at.desc(), S.id.desc())
        ),
        rename=db.prepare(update(SESSIONS).where(THIS, MINE, LIVING).values(name=given("name"))),
        restamp=db.prepare(
            update(SESSIONS).where(THIS, LIVING, S.epoch == given("seen")).values(epoch=given("epoch"))
        ),
        **_caps(db),
        **_ends(db),
        **_unused(db),
    )
