"""Every statement about known devices; their guards stand in them."""

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from auth_portal.storage.sql.declaring import at_most, every, given, one_of
from auth_portal.storage.sql.driver import Prepares
from auth_portal.storage.sql.statements import MARKS, DeviceStatements
from auth_portal.storage.sql.tables import DEVICES

D = DEVICES.c
MINE = D.account_id == given("account_id")


def device_statements(db: Prepares) -> DeviceStatements:
    """Compiled for one database."""
    known = select(D.mark).where(MINE, one_of(D.mark, "mark", MARKS), D.seen_at >= given("since"))
    seen = insert(DEVICES).values(every(DEVICES))
    newer = select(D.mark).where(MINE).order_by(D.seen_at.desc(), D.mark).limit(at_most())
    old = select(D.account_id, D.mark).where(D.seen_at < given("before")).limit(at_most()).subquery()
    swept = exists().where(old.c.account_id == D.account_id, old.c.mark == D.mark)
    return DeviceStatements(
        knows=db.prepare(known.limit(1)),
        remember=db.prepare(
            seen.on_conflict_do_update(
                index_elements=["account_id", "mark"], set_={"seen_at": seen.excluded.seen_at}
            )
        ),
        trim=db.prepare(delete(DEVICES).where(MINE, D.mark.not_in(newer.scalar_subquery()))),
        forget=db.prepare(delete(DEVICES).where(MINE)),
        sweep=db.prepare(delete(DEVICES).where(D.seen_at < given("before"), swept)),
    )
