"""Writing the journal: one row and one JSON log line for each security event."""

from collections.abc import Callable
from dataclasses import dataclass

from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.log import Log
from auth_portal.core.secrets import Randomness
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Event, Kind
from auth_portal.journal.store import Journal

MOST_CHARACTERS = 256


@dataclass(frozen=True)
class Record:
    """Appends events; `counted` is told each kind and outcome (metrics hang on it)."""

    journal: Journal
    clock: Clock
    randomness: Randomness
    log: Log
    counted: Callable[[str, str], None]

    async def __call__(
        self,
        kind: Kind,
        visitor: Visitor,
        *,
        account_id: str | None = None,
        session_id: str | None = None,
        outcome: str = "ok",
        **facts: str,
    ) -> None:
        """One row, one log line, one count (ASVS 5.0 16.2.1, 16.3.1)."""
        now = self.clock()
        short = {name: value[:MOST_CHARACTERS] for name, value in facts.items()}
        event = Event(
            id=new_id(now, self.randomness),
            kind=kind,
            at=now,
            account_id=account_id,
            session_id=session_id,
            ip=visitor.ip,
            user_agent=visitor.user_agent[:MOST_CHARACTERS],
            outcome=outcome,
            trace=visitor.trace,
            facts=short,
        )
        await self.journal.append(event)
        self.counted(kind.value, outcome)
        self.log.info(
            "journal",
            kind=kind.value,
            outcome=outcome,
            account=account_id,
            session=session_id,
            ip=event.ip,
            agent=event.user_agent,
            trace=event.trace,
            **{f"fact_{name}": value for name, value in short.items()},
        )
