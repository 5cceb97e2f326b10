"""The outbox on SQLite and PostgreSQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
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

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.mail.letter import Letter, LetterKind, LetterState
from auth_portal.storage.sql.driver import Database, Row, Statement
from auth_portal.storage.sql.tables import LETTERS
from auth_portal.storage.sql.values import at_most, every, given, instant, milliseconds

L = LETTERS.c
NOW = given("now", BigInteger)
WAITING = L.state == literal_column(f"'{LetterState.WAITING}'")
SENT: ColumnElement[str] = literal_column(f"'{LetterState.SENT}'")
DEAD: ColumnElement[str] = literal_column(f"'{LetterState.DEAD}'")
CLAIMED = and_(L.id == given("letter_id"), WAITING, L.claimed_until == given("claimed_until"))
NOTHING = ""


class SqlOutbox:
    """The port `Outbox`. Whoever holds a claim is known by its `claimed_until`."""

    def __init__(self, db: Database) -> None:
        free = or_(L.claimed_until.is_(None), L.claimed_until <= NOW)
        due = select(L.id).where(WAITING, L.next_try_at <= NOW, free).order_by(L.next_try_at)
        # Several couriers: each skips what another is just taking. Named, since PostgreSQL may run a
        # plain subquery more than once, and each run would skip what the run before has locked.
        taken = due.limit(at_most()).with_for_update(skip_locked=True).cte("taken")
        settled = {"settled_at": NOW, "sealed": b"", "claimed_until": null()}
        settled_before = L.settled_at < given("before")
        some = select(L.id).where(settled_before).limit(at_most()).scalar_subquery()
        free_at = case((L.claimed_until > L.next_try_at, L.claimed_until), else_=L.next_try_at)
        newest = select(LETTERS).order_by(L.id.desc()).limit(at_most())
        self._db = db
        self._post = db.prepare(insert(LETTERS).values(every(LETTERS)))
        self._claim = db.prepare(
            update(LETTERS)
            .where(L.id.in_(select(taken.c.id)), WAITING, free)
            .values(tries=L.tries + literal_column("1"), claimed_until=given("until"))
            .returning(*L)
        )
        self._sent = db.prepare(update(LETTERS).where(CLAIMED).values(settled | {"state": SENT}))
        self._try_later = db.prepare(
            update(LETTERS)
            .where(CLAIMED)
            .values(claimed_until=null(), next_try_at=given("next_try_at"), last_error=given("error"))
        )
        self._dead = db.prepare(
            update(LETTERS).where(CLAIMED).values(settled | {"state": DEAD, "last_error": given("error")})
        )
        self._find = db.prepare(select(LETTERS).where(L.id == given("letter_id")))
        self._page = db.prepare(newest)
        self._page_of = db.prepare(newest.where(L.state == given("state")))
        self._counts = db.prepare(select(L.state, func.count()).group_by(L.state))
        self._next_due = db.prepare(select(func.min(free_at)).where(WAITING))
        self._forget = db.prepare(
            update(LETTERS)
            .where(L.recipient == given("address"))
            .values(
                recipient=NOTHING,
                account_id=null(),
                last_error=NOTHING,
                sealed=b"",
                claimed_until=null(),
                settled_at=func.coalesce(L.settled_at, NOW),
                state=case((WAITING, DEAD), else_=L.state),
            )
        )
        self._sweep = db.prepare(delete(LETTERS).where(settled_before, L.id.in_(some)))

    async def post(self, letter: Letter) -> None:
        """See the port."""
        await self._db.change(self._post, _from_letter(letter))

    async def claim(self, now: datetime, until: datetime, at_most: int) -> list[Letter]:
        """See the port."""
        values = {"now": to_milliseconds(now), "until": to_milliseconds(until), "at_most": at_most}
        return [_to_letter(row) for row in (await self._db.change(self._claim, values)).rows]

    async def sent(self, letter_id: str, claimed_until: datetime, now: datetime) -> bool:
        """See the port."""
        return await self._settle(self._sent, letter_id, claimed_until, now=to_milliseconds(now))

    async def try_later(
        self, letter_id: str, claimed_until: datetime, next_try_at: datetime, error: str
    ) -> bool:
        """See the port."""
        again = to_milliseconds(next_try_at)
        return await self._settle(self._try_later, letter_id, claimed_until, next_try_at=again, error=error)

    async def dead(self, letter_id: str, claimed_until: datetime, now: datetime, error: str) -> bool:
        """See the port."""
        return await self._settle(self._dead, letter_id, claimed_until, now=to_milliseconds(now), error=error)

    async def find(self, letter_id: str) -> Letter | None:
        """See the port."""
        row = await self._db.one(self._find, {"letter_id": letter_id})
        return None if row is None else _to_letter(row)

    async def page(self, state: LetterState | None, at_most: int) -> list[Letter]:
        """See the port."""
        if state is None:
            rows = await self._db.all(self._page, {"at_most": at_most})
        else:
            rows = await self._db.all(self._page_of, {"at_most": at_most, "state": state.value})
        return [_to_letter(row) for row in rows]

    async def counts(self) -> dict[LetterState, int]:
        """See the port."""
        standing = {LetterState(row[0]): int(row[1]) for row in await self._db.all(self._counts, {})}
        return {state: standing.get(state, 0) for state in LetterState}

    async def next_due(self) -> datetime | None:
        """See the port."""
        rows = await self._db.all(self._next_due, {})
        return instant(rows[0][0])

    async def forget(self, recipient: str, now: datetime) -> int:
        """See the port."""
        values = {"address": recipient, "now": to_milliseconds(now)}
        return (await self._db.change(self._forget, values)).changed

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        values = {"before": to_milliseconds(before), "at_most": at_most}
        return (await self._db.change(self._sweep, values)).changed

    async def _settle(
        self, statement: Statement, letter_id: str, claimed_until: datetime, **values: Any
    ) -> bool:
        """Change the letter, only for the holder of that claim."""
        claim = {"letter_id": letter_id, "claimed_until": to_milliseconds(claimed_until)}
        return (await self._db.change(statement, claim | values)).changed == 1


def _to_letter(row: Row) -> Letter:
    (
        letter_id,
        kind,
        recipient,
        account_id,
        message_id,
        sealed,
        created_at,
        next_try_at,
        best_before,
        state,
        tries,
        claimed_until,
        settled_at,
        last_error,
    ) = row
    return Letter(
        letter_id,
        LetterKind(kind),
        recipient,
        account_id,
        message_id,
        bytes(sealed),
        from_milliseconds(created_at),
        from_milliseconds(next_try_at),
        from_milliseconds(best_before),
        LetterState(state),
        tries,
        instant(claimed_until),
        instant(settled_at),
        last_error,
    )


def _from_letter(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "kind": letter.kind.value,
        "recipient": letter.recipient,
        "account_id": letter.account_id,
        "message_id": letter.message_id,
        "sealed": letter.sealed,
        "created_at": to_milliseconds(letter.created_at),
        "next_try_at": to_milliseconds(letter.next_try_at),
        "best_before": to_milliseconds(letter.best_before),
        "state": letter.state.value,
        "tries": letter.tries,
        "claimed_until": milliseconds(letter.claimed_until),
        "settled_at": milliseconds(letter.settled_at),
        "last_error": letter.last_error,
    }
