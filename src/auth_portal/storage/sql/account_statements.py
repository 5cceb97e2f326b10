"""Every statement about accounts and identities; their guards stand in them."""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing

from auth_portal.storage.sql.declaring import at_most, every, given
from auth_portal.storage.sql.driver import Prepares, Statement
from auth_portal.storage.sql.statements import Links, Reads, Writes
from auth_portal.storage.sql.tables import ACCOUNTS, IDENTITIES

A = ACCOUNTS.c
I = IDENTITIES.c  # noqa: E741 -- reads as the table it is
NOW = given("now", BigInteger)
ONE: ColumnElement[int] = literal_column("1")
ZERO: ColumnElement[int] = literal_column("0")
MINE = A.id == given("account_id")
LIVING = A.deleted_at.is_(None)
ACTIVE = and_(LIVING, A.disabled_at.is_(None))
UNCONFIRMED = A.email_confirmed_at.is_(None)
AS_SEEN = and_(MINE, A.email == given("email"), A.epoch == given("epoch"), ACTIVE)
NEXT_EPOCH = A.epoch + ONE
NO_FAILURES = {"failures": ZERO}
LONGEST_HALVING: ColumnElement[int] = literal_column("30")  # after that many days nothing is left of any run


def _passed(today: ColumnElement[int]) -> ColumnElement[int]:
    """Days since the run was last counted; negative when a clock went back."""
    return today - A.failures_day


def _run(today: ColumnElement[int]) -> ColumnElement[int]:
    """The run of failures as it stands today: halved once for each day that passed."""
    passed = _passed(today)
    halved: ColumnElement[int] = A.failures.op(">>")(passed)
    return case((passed <= ZERO, A.failures), (passed > LONGEST_HALVING, ZERO), else_=halved)


def _reserve() -> tuple[ColumnElement[int], ColumnElement[int], ColumnElement[bool]]:
    """The run with one more, the day it is counted on, and the guard that there is a place."""
    today = given("today", Integer)
    run = _run(today)
    day = case((_passed(today) > ZERO, today), else_=A.failures_day)
    return run + ONE, day, run < given("at_most", Integer)


def reads(db: Prepares) -> Reads:
    """Compiled for one database."""
    linked = ACCOUNTS.join(IDENTITIES, A.id == I.account_id)
    return Reads(
        find=db.prepare(select(ACCOUNTS).where(MINE)),
        find_by_email=db.prepare(select(ACCOUNTS).where(A.email == given("email"))),
        find_by_identity=db.prepare(
            select(ACCOUNTS)
            .select_from(linked)
            .where(I.provider == given("provider"), I.subject == given("subject"))
        ),
        identities=db.prepare(
            select(IDENTITIES).where(I.account_id == given("account_id")).order_by(I.linked_at, I.id)
        ),
        page=db.prepare(
            select(ACCOUNTS).where(A.id > given("after_id"), LIVING).order_by(A.id).limit(at_most())
        ),
    )


def _passwords(db: Prepares) -> dict[str, Statement]:
    """Everything that sets a hash."""
    fresh, hash_seen = given("fresh"), A.password_hash == given("seen")
    changed = {"password_hash": fresh, "password_changed_at": NOW, "updated_at": NOW, "epoch": NEXT_EPOCH}
    seen = and_(MINE, A.epoch == given("epoch"), ACTIVE)
    confirmed = func.coalesce(A.email_confirmed_at, NOW)
    social = case((UNCONFIRMED, null()), else_=A.social_type)
    reset = changed | NO_FAILURES | {"password_reset_at": NOW, "email_confirmed_at": confirmed}
    taken = NO_FAILURES | {
        "password_hash": null(),
        "email_confirmed_at": NOW,
        "social_type": null(),
        "updated_at": NOW,
        "epoch": NEXT_EPOCH,
    }
    return {
        "rehash": db.prepare(update(ACCOUNTS).where(MINE, hash_seen).values(password_hash=fresh)),
        "set_password": db.prepare(
            update(ACCOUNTS).where(seen, hash_seen).values(changed).returning(A.epoch)
        ),
        "set_first_password": db.prepare(
            update(ACCOUNTS).where(seen, A.password_hash.is_(None)).values(changed).returning(A.epoch)
        ),
        "reset_password": db.prepare(
            update(ACCOUNTS).where(AS_SEEN).values(reset | {"social_type": social}).returning(A.epoch)
        ),
        "take_over": db.prepare(
            update(ACCOUNTS).where(AS_SEEN, UNCONFIRMED).values(taken).returning(A.epoch)
        ),
    }


def _addresses(db: Prepares) -> dict[str, Statement]:
    """Everything about the address and the names."""
    moved = {"email": given("new"), "email_confirmed_at": NOW, "updated_at": NOW}
    unchanged = and_(MINE, A.epoch == given("epoch"), ACTIVE)
    named = {
        name: func.coalesce(given(name, Text), A[name]) for name in ("first_name", "last_name", "locale")
    }
    return {
        "rename": db.prepare(
            update(ACCOUNTS).where(MINE, LIVING).values({**named, "updated_at": NOW}).returning(*A)
        ),
        "confirm": db.prepare(
            update(ACCOUNTS)
            .where(MINE, A.email == given("email"), ACTIVE)
            .values(email_confirmed_at=func.coalesce(A.email_confirmed_at, NOW))
        ),
        "change_email": db.prepare(update(ACCOUNTS).where(unchanged, A.email == given("old")).values(moved)),
        "add_email": db.prepare(update(ACCOUNTS).where(unchanged, A.email.is_(None)).values(moved)),
    }


def _endings(db: Prepares) -> dict[str, Statement]:
    """Everything that shuts, opens or removes an account."""
    raised = {"epoch": NEXT_EPOCH, "updated_at": NOW}
    blank = {"first_name": "", "last_name": ""}
    seen_if_given = func.coalesce(given("epoch", Integer), A.epoch)
    gone = dict.fromkeys(("email", "password_hash", "email_confirmed_at", "locale", "social_type"), null())
    return {
        "disable": db.prepare(
            update(ACCOUNTS)
            .where(MINE, LIVING)
            .values(raised | {"disabled_at": func.coalesce(A.disabled_at, NOW)})
        ),
        "enable": db.prepare(
            update(ACCOUNTS)
            .where(MINE, LIVING, A.disabled_at.is_not(None))
            .values(disabled_at=null(), updated_at=NOW)
        ),
        "delete": db.prepare(
            update(ACCOUNTS)
            .where(MINE, LIVING, A.epoch == seen_if_given)
            .values({**raised, **blank, **gone, **NO_FAILURES, "deleted_at": NOW})
        ),
        "end_everything": db.prepare(update(ACCOUNTS).where(MINE, LIVING).values(raised).returning(A.epoch)),
        "deleted_before": db.prepare(
            select(A.id).where(A.deleted_at < given("before")).order_by(A.deleted_at).limit(at_most())
        ),
        "remove": db.prepare(delete(ACCOUNTS).where(MINE, A.deleted_at.is_not(None))),
    }


def _tries(db: Prepares) -> dict[str, Statement]:
    """Everything about the run of failures."""
    one_more, day, place = _reserve()
    return {
        "reserve_try": db.prepare(
            update(ACCOUNTS).where(MINE, place).values(failures=one_more, failures_day=day)
        ),
        "give_back_try": db.prepare(
            update(ACCOUNTS).where(MINE, A.failures > ZERO).values(failures=A.failures - ONE)
        ),
        "forgive": db.prepare(update(ACCOUNTS).where(MINE, A.failures > ZERO).values(NO_FAILURES)),
    }


def writes(db: Prepares) -> Writes:
    """Compiled for one database."""
    new = every(ACCOUNTS)
    named = A.social_type == given("provider")
    return Writes(
        create=db.prepare(insert_or_nothing(ACCOUNTS).values(new).on_conflict_do_nothing()),
        create_with_identity=db.prepare(insert(ACCOUNTS).values(new)),
        lock=db.prepare(select(A.id).where(MINE, LIVING).with_for_update()),
        lock_as_seen=db.prepare(select(A.email_confirmed_at).where(AS_SEEN).with_for_update()),
        forget_social_type=db.prepare(update(ACCOUNTS).where(MINE, named).values(social_type=null())),
        **_passwords(db),
        **_addresses(db),
        **_endings(db),
        **_tries(db),
    )


def links(db: Prepares) -> Links:
    """Compiled for one database."""
    new = every(IDENTITIES)
    # Locked for the moment: a take-over that runs beside it comes before or after, never between.
    unchanged = (
        select(*new.values())
        .select_from(ACCOUNTS)
        .where(MINE, A.epoch == given("epoch"), ACTIVE)
        .with_for_update(read=True)
    )
    other = IDENTITIES.alias("other")
    way_in = or_(
        exists().where(MINE, A.password_hash.is_not(None)),
        exists().where(other.c.account_id == given("account_id"), other.c.id != given("identity_id")),
    )
    own = and_(I.id == given("identity_id"), I.account_id == given("account_id"))
    return Links(
        add=db.prepare(insert(IDENTITIES).values(new)),
        link=db.prepare(
            insert_or_nothing(IDENTITIES).from_select(list(new), unchanged).on_conflict_do_nothing()
        ),
        unlink=db.prepare(delete(IDENTITIES).where(own, way_in).returning(I.provider)),
        unlink_even_last=db.prepare(delete(IDENTITIES).where(own).returning(I.provider)),
        drop=db.prepare(delete(IDENTITIES).where(I.account_id == given("account_id"))),
    )
