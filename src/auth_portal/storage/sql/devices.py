"""Known devices on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from auth_portal.core.clock import to_milliseconds
from auth_portal.storage.sql.driver import Database, Step, Work
from auth_portal.storage.sql.statements import MARKS, Statements
from auth_portal.storage.sql.values import places

MOST_MARKS = 50


class SqlDevices:
    """The port `Devices`."""

    def __init__(self, db: Database, statements: Statements) -> None:
        self._db = db
        self._statements = statements.devices

    async def knows(self, account_id: str, marks: Sequence[bytes], since: datetime) -> bool:
        """See the port."""
        asked = list(marks)
        for start in range(0, len(asked), MARKS):
            chosen = places("mark", MARKS, asked[start : start + MARKS])
            values = {"account_id": account_id, "since": to_milliseconds(since), **chosen}
            if await self._db.one(self._statements.knows, values) is not None:
                return True
        return False

    async def remember(self, account_id: str, marks: Sequence[bytes], now: datetime) -> None:
        """See the port."""
        if not marks:
            return
        seen_at = to_milliseconds(now)

        def keep() -> Work[None]:
            for mark in sorted(set(marks)):  # in one order, so that two of these never wait in a circle
                yield Step(
                    self._statements.remember, {"account_id": account_id, "mark": mark, "seen_at": seen_at}
                )
            yield Step(self._statements.trim, {"account_id": account_id, "at_most": MOST_MARKS})

        await self._db.transaction(keep)

    async def forget(self, account_id: str) -> int:
        """See the port."""
        return (await self._db.change(self._statements.forget, {"account_id": account_id})).changed

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        values = {"before": to_milliseconds(before), "at_most": at_most}
        return (await self._db.change(self._statements.sweep, values)).changed
