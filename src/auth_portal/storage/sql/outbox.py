"""The outbox on SQLite and PostgreSQL."""

from datetime import datetime
from typing import Any

from auth_portal.core.clock import from_milliseconds, to_milliseconds
from auth_portal.mail.letter import UNSENT, Letter, LetterKind, LetterState
from auth_portal.storage.sql.driver import Database, Row, Statement
from auth_portal.storage.sql.statements import Statements
from auth_portal.storage.sql.values import instant, milliseconds


class SqlOutbox:
    """The port `Outbox`. Whoever holds a claim is known by its `claimed_until`."""

    def __init__(self, db: Database, statements: Statements) -> None:
        self._db = db
        self._statements = statements.outbox

    async def post(self, letter: Letter) -> None:
        """See the port."""
        await self._db.change(self._statements.post, _from_letter(letter))

    async def claim(self, now: datetime, until: datetime, at_most: int) -> list[Letter]:
        """See the port."""
        values = {"now": to_milliseconds(now), "until": to_milliseconds(until), "at_most": at_most}
        return [_to_letter(row) for row in (await self._db.change(self._statements.claim, values)).rows]

    async def sent(self, letter_id: str, claimed_until: datetime, now: datetime) -> bool:
        """See the port."""
        return await self._settle(
            self._statements.sent, letter_id, claimed_until, now=to_milliseconds(now), empty=b""
        )

    async def try_later(
        self, letter_id: str, claimed_until: datetime, next_try_at: datetime, error: str
    ) -> bool:
        """See the port."""
        again = to_milliseconds(next_try_at)
        return await self._settle(
            self._statements.try_later, letter_id, claimed_until, next_try_at=again, error=error
        )

    async def dead(self, letter_id: str, claimed_until: datetime, now: datetime, error: str) -> bool:
        """See the port."""
        return await self._settle(
            self._statements.dead, letter_id, claimed_until, now=to_milliseconds(now), error=error, empty=b""
        )

    async def find(self, letter_id: str) -> Letter | None:
        """See the port."""
        row = await self._db.one(self._statements.find, {"letter_id": letter_id})
        return None if row is None else _to_letter(row)

    async def page(self, state: LetterState | None, at_most: int) -> list[Letter]:
        """See the port."""
        if state is None:
            rows = await self._db.all(self._statements.page, {"at_most": at_most})
        else:
            rows = await self._db.all(self._statements.page_of, {"at_most": at_most, "state": state.value})
        return [_to_letter(row) for row in rows]

    async def counts(self) -> dict[LetterState, int]:
        """See the port."""
        standing = {
            LetterState(row[0]): int(row[1]) for row in await self._db.all(self._statements.counts, {})
        }
        return {state: standing.get(state, 0) for state in UNSENT}

    async def next_due(self) -> datetime | None:
        """See the port."""
        rows = await self._db.all(self._statements.next_due, {})
        return instant(rows[0][0])

    async def forget(self, account_id: str) -> int:
        """See the port."""
        return (await self._db.change(self._statements.forget, {"account_id": account_id})).changed

    async def forget_address(self, recipient: str) -> int:
        """See the port."""
        return (await self._db.change(self._statements.forget_address, {"address": recipient})).changed

    async def sweep(self, before: datetime, at_most: int) -> int:
        """See the port."""
        values = {"before": to_milliseconds(before), "at_most": at_most}
        return (await self._db.change(self._statements.sweep, values)).changed

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
