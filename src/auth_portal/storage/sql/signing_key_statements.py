"""Every statement about signing keys and the root secret's check value; their guards stand in them."""

from sqlalchemy import delete, exists, literal_column, null, select, update
from sqlalchemy.dialects.postgresql import insert

from auth_portal.storage.sql.declaring import every, given
from auth_portal.storage.sql.driver import Prepares
from auth_portal.storage.sql.statements import SigningKeyStatements
from auth_portal.storage.sql.tables import PINS, SIGNING_KEYS

K = SIGNING_KEYS.c
THIS = K.kid == given("kid")
ROOT = PINS.c.name == literal_column("'root'")


def signing_key_statements(db: Prepares) -> SigningKeyStatements:
    """Compiled for one database."""
    new = every(SIGNING_KEYS)
    living = exists().where(K.algorithm == given("algorithm"), K.retired_at.is_(None))
    adding = insert(SIGNING_KEYS)
    pin = {"name": literal_column("'root'"), "value": given("check")}
    columns = [column for column in K if column.name != "first_of"]
    return SigningKeyStatements(
        all=db.prepare(select(*columns).order_by(K.created_at, K.kid)),
        add=db.prepare(adding.values(new).on_conflict_do_nothing()),
        add_first=db.prepare(
            adding.from_select(list(new), select(*new.values()).where(~living)).on_conflict_do_nothing()
        ),
        retire=db.prepare(
            update(SIGNING_KEYS)
            .where(THIS, K.retired_at.is_(None))
            .values(retired_at=given("now"), first_of=null())
        ),
        sweep=db.prepare(delete(SIGNING_KEYS).where(K.retired_at < given("before"))),
        pin=db.prepare(insert(PINS).values(pin).on_conflict_do_nothing()),
        repin=db.prepare(
            update(PINS).where(ROOT, PINS.c.value == given("previous")).values(value=given("check"))
        ),
        pinned=db.prepare(select(PINS.c.value).where(ROOT)),
    )
