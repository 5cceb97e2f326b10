"""The journal on SQLite and PostgreSQL."""

from datetime import datetime

import msgspec

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.journal.event import Event, Kind
from auth_portal.storage.sql.driver import Database, Row
from auth_portal.storage.sql.statements import Statements

FEW = 100  # events, as many as a page of the profile shows: read at once, more may take a while


class SqlJournal:
    """The port `Journal`."""

    def __init__(self, db: Database, statements: Statements) -> None:
        self._db = db
        self._statements = statements.journal

    async def append(self, event: Event) -> None:
        """See the port."""
        await self._db.change(
            self._statements.append,
            {
                "id": event.id,
                "kind": event.kind.value,
                "at": to_milliseconds(event.at),
                "account_id": event.account_id,
                "session_id": event.session_id,
                "ip": event.ip,
                "user_agent": event.user_agent,
                "outcome": event.outcome,
                "trace": event.trace,
                "facts": msgspec.json.encode(event.facts).decode(),
            },
        )

    async def of(self, account_id: str, before_id: str | None, at_most: int) -> list[Event]:
        """See the port."""
        values = {"account_id": account_id, "at_most": at_most}
        read = self._db.few if at_most <= FEW else self._db.all
        if before_id is None:
            rows = await read(self._statements.of, values)
        else:
            rows = await read(self._statements.of_before, values | {"before_id": before_id})
        return [_to_event(row) for row in rows]

    async def pseudonymise(self, account_id: str) -> int:
        """See the port."""
        return (await self._db.change(self._statements.pseudonymise, {"account_id": account_id})).changed

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        values = {"before": to_milliseconds(before), "at_most": at_most}
        return (await self._db.change(self._statements.sweep, values)).changed


def _to_event(row: Row) -> Event:
    event_id, kind, at, account_id, session_id, ip, user_agent, outcome, trace, facts = row
    return Event(
        event_id,
        Kind(kind),
        from_milliseconds(at),
        account_id,
        session_id,
        ip,
        user_agent,
        outcome,
        trace,
        msgspec.json.decode(facts, type=dict[str, str]),
    )
