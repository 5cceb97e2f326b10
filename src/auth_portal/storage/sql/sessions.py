"""Sessions on SQLite and PostgreSQL."""

from datetime import datetime, timedelta
from typing import Any

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.sessions.session import EndReason, Session, SessionRules
from auth_portal.sessions.store import Found, Page, page
from auth_portal.storage.sql.account_rows import to_account
from auth_portal.storage.sql.driver import Database, Row, Statement, Step, Work
from auth_portal.storage.sql.statements import SWEPT, Statements
from auth_portal.storage.sql.values import instant, milliseconds, places

WIDTH = len(Session.__struct_fields__)
MILLISECOND = timedelta(milliseconds=1)


class SqlSessions:
    """The port `Sessions`; one guarded statement each, or one short transaction."""

    def __init__(self, db: Database, statements: Statements) -> None:
        self._db = db
        self._statements = statements.sessions

    async def open(self, session: Session, keep: int | None = None) -> None:
        """See the port. Where changes are not serial, those of one account queue at its row.

        Of sign-ins at once none would see what the others open, and two that end the same sessions
        would wait for each other in a circle.
        """
        opened = Step(self._statements.open, from_session(session))
        if keep is None:
            await self._db.change(*opened)
            return
        values = {"account_id": session.account_id, "epoch": session.epoch, "keep": keep}
        ending = {"reason": EndReason.OVER_THE_CAP.value, "now": to_milliseconds(session.created_at)}

        def open_and_cut() -> Work[None]:
            if not self._db.serial:
                yield Step(self._statements.queue, {"account_id": session.account_id})
            yield opened
            yield Step(self._statements.end_over, values | ending)
            yield Step(self._statements.forget_over, values)

        await self._db.transaction(open_and_cut)

    async def find(self, session_id: str) -> Found | None:
        """See the port."""
        row = await self._db.one(self._statements.find, {"session_id": session_id})
        return None if row is None else Found(to_session(row[:WIDTH]), to_account(row[WIDTH:]))

    async def rotate(
        self,
        session_id: str,
        generation: int,
        *,
        now: datetime,
        rules: SessionRules,
        ip: str,
        user_agent: str,
    ) -> str | None:
        """See the port."""
        at = to_milliseconds(now)
        values = {
            "session_id": session_id,
            "shown": generation,
            "now": at,
            "idle_since": at - rules.idle // MILLISECOND,
            "absolute_since": at - rules.absolute // MILLISECOND,
            "burst_since": at - rules.grace // MILLISECOND,
            "ip": ip,
            "user_agent": user_agent,
        }
        rows = (await self._db.change(self._statements.rotate, values)).rows
        return rows[0][0] if rows else None

    async def advance(
        self,
        session: Session,
        *,
        burst_from: int,
        burst_at: datetime,
        now: datetime,
        ip: str,
        user_agent: str,
    ) -> bool:
        """See the port."""
        return (
            await self._count(
                self._statements.advance,
                session_id=session.id,
                generation=session.generation,
                burst_from=burst_from,
                burst_at=to_milliseconds(burst_at),
                now=to_milliseconds(now),
                ip=ip,
                user_agent=user_agent,
            )
            == 1
        )

    async def end(self, session_id: str, reason: str, now: datetime) -> bool:
        """See the port."""
        return (
            await self._count(
                self._statements.end, session_id=session_id, reason=reason, now=to_milliseconds(now)
            )
            == 1
        )

    async def end_own(self, account_id: str, session_id: str, reason: str, now: datetime) -> bool:
        """See the port."""
        return (
            await self._count(
                self._statements.end_own,
                account_id=account_id,
                session_id=session_id,
                reason=reason,
                now=to_milliseconds(now),
            )
            == 1
        )

    async def end_others(self, account_id: str, keep: str, reason: str, now: datetime) -> int:
        """See the port."""
        return await self._count(
            self._statements.end_others,
            account_id=account_id,
            keep=keep,
            reason=reason,
            now=to_milliseconds(now),
        )

    async def living(self, account_id: str, epoch: int) -> list[Session]:
        """See the port."""
        values = {"account_id": account_id, "epoch": epoch}
        return [to_session(row) for row in await self._db.few(self._statements.living, values)]

    async def rename(self, account_id: str, session_id: str, name: str) -> bool:
        """See the port."""
        return (
            await self._count(
                self._statements.rename, account_id=account_id, session_id=session_id, name=name
            )
            == 1
        )

    async def restamp(self, session_id: str, seen: int, epoch: int) -> bool:
        """See the port."""
        return await self._count(self._statements.restamp, session_id=session_id, seen=seen, epoch=epoch) == 1

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        return await self._count(self._statements.sweep, before=to_milliseconds(before), at_most=at_most)

    async def sweep_unused(self, before: datetime, since: datetime | None, at_most: int) -> Page:
        """See the port."""
        at = to_milliseconds(before)
        values = {"since": milliseconds(since) or 0, "before": at, "at_most": at_most}
        rows = await self._db.all(self._statements.old, values)
        unused = [session_id for session_id, _, rotated_at in rows if rotated_at < at]
        removed = await self._delete_unused(unused, at) if unused else 0
        return page([from_milliseconds(created_at) for _, created_at, _ in rows], removed, at_most)

    async def _delete_unused(self, unused: list[str], before: int) -> int:
        """Delete those that are still unused, as many at once as one deletion can name."""

        def delete() -> Work[int]:
            removed = 0
            for start in range(0, len(unused), SWEPT):
                chosen = places("id", SWEPT, unused[start : start + SWEPT])
                removed += (yield Step(self._statements.sweep_unused, {**chosen, "before": before})).changed
            return removed

        return await self._db.transaction(delete)

    async def forget(self, account_id: str) -> int:
        """See the port."""
        return await self._count(self._statements.forget, account_id=account_id)

    async def _count(self, statement: Statement, **values: Any) -> int:
        """Run one statement; how many rows its guard let it change."""
        return (await self._db.change(statement, values)).changed


def to_session(row: Row) -> Session:
    """The session of a row that has exactly the columns of the table."""
    (
        session_id,
        account_id,
        epoch,
        generation,
        burst_from,
        burst_at,
        rotated_at,
        created_at,
        name,
        method,
        ip,
        network,
        user_agent,
        ended_at,
        end_reason,
    ) = row
    return Session(
        session_id,
        account_id,
        epoch,
        generation,
        burst_from,
        from_milliseconds(burst_at),
        from_milliseconds(rotated_at),
        from_milliseconds(created_at),
        name,
        method,
        ip,
        network,
        user_agent,
        instant(ended_at),
        end_reason,
    )


def from_session(session: Session) -> dict[str, Any]:
    """Every column of the session's row."""
    return {
        "id": session.id,
        "account_id": session.account_id,
        "epoch": session.epoch,
        "generation": session.generation,
        "burst_from": session.burst_from,
        "burst_at": to_milliseconds(session.burst_at),
        "rotated_at": to_milliseconds(session.rotated_at),
        "created_at": to_milliseconds(session.created_at),
        "name": session.name,
        "method": session.method,
        "ip": session.ip,
        "network": session.network,
        "user_agent": session.user_agent,
        "ended_at": milliseconds(session.ended_at),
        "end_reason": session.end_reason,
    }
