"""Known devices on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert

from auth_portal.core.clock import to_milliseconds
from auth_portal.storage.sql.driver import Database, Step, Work
from auth_portal.storage.sql.tables import DEVICES
from auth_portal.storage.sql.values import at_most, every, given, one_of, places

D = DEVICES.c
MINE = D.account_id == given("account_id")
MOST_MARKS = 50
SLOTS = 4  # marks that one question can name


class SqlDevices:
    """The port `Devices`."""

    def __init__(self, db: Database) -> None:
        known = select(D.mark).where(MINE, one_of(D.mark, "mark", SLOTS), D.seen_at >= given("since"))
        seen = insert(DEVICES).values(every(DEVICES))
        newer = select(D.mark).where(MINE).order_by(D.seen_at.desc(), D.mark).limit(at_most())
        old = select(D.account_id, D.mark).where(D.seen_at < given("before")).limit(at_most()).subquery()
        swept = exists().where(old.c.account_id == D.account_id, old.c.mark == D.mark)
        self._db = db
        self._knows = db.prepare(known.limit(1))
        self._remember = db.prepare(
            seen.on_conflict_do_update(
                index_elements=["account_id", "mark"], set_={"seen_at": seen.excluded.seen_at}
            )
        )
        self._trim = db.prepare(delete(DEVICES).where(MINE, D.mark.not_in(newer.scalar_subquery())))
        self._forget = db.prepare(delete(DEVICES).where(MINE))
        self._sweep = db.prepare(delete(DEVICES).where(D.seen_at < given("before"), swept))

    async def knows(self, account_id: str, marks: Sequence[bytes], since: datetime) -> bool:
        """See the port."""
        asked = list(marks)
        for start in range(0, len(asked), SLOTS):
            chosen = places("mark", SLOTS, asked[start : start + SLOTS])
            values = {"account_id": account_id, "since": to_milliseconds(since), **chosen}
            if await self._db.one(self._knows, values) is not None:
                return True
        return False

    async def remember(self, account_id: str, marks: Sequence[bytes], now: datetime) -> None:
        """See the port."""
        if not marks:
            return
        seen_at = to_milliseconds(now)

        def keep() -> Work[None]:
            for mark in sorted(set(marks)):  # in one order, so that two of these never wait in a circle
                yield Step(self._remember, {"account_id": account_id, "mark": mark, "seen_at": seen_at})
            yield Step(self._trim, {"account_id": account_id, "at_most": MOST_MARKS})

        await self._db.transaction(keep)

    async def forget(self, account_id: str) -> int:
        """See the port."""
        return (await self._db.change(self._forget, {"account_id": account_id})).changed

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        values = {"before": to_milliseconds(before), "at_most": at_most}
        return (await self._db.change(self._sweep, values)).changed
