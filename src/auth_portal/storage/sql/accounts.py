"""Accounts and identities on SQLite and PostgreSQL."""

from datetime import datetime
from typing import Any

from auth_portal.accounts.account import Account, Identity
from auth_portal.accounts.store import Changed
from auth_portal.core.clock import to_milliseconds
from auth_portal.storage.sql.account_rows import from_account, from_identity, to_account, to_identity
from auth_portal.storage.sql.driver import Database, Statement, Step, TakenError, Work
from auth_portal.storage.sql.statements import Statements


class SqlAccounts:
    """The port `Accounts`; one guarded statement each, or one short transaction."""

    def __init__(self, db: Database, statements: Statements) -> None:
        self._db = db
        self._reads = statements.account_reads
        self._writes = statements.account_writes
        self._links = statements.account_links

    async def create(self, account: Account, *identities: Identity) -> bool:
        """See the port."""
        if not identities:
            return await self._done(self._writes.create, **from_account(account))

        def together() -> Work[bool]:
            yield Step(self._writes.create_with_identity, from_account(account))
            for identity in identities:
                yield Step(self._links.add, from_identity(identity))
            return True

        try:
            return await self._db.transaction(together)
        except TakenError:
            return False

    async def find(self, account_id: str) -> Account | None:
        """See the port."""
        row = await self._db.one(self._reads.find, {"account_id": account_id})
        return None if row is None else to_account(row)

    async def find_by_email(self, email: str) -> Account | None:
        """See the port."""
        row = await self._db.one(self._reads.find_by_email, {"email": email})
        return None if row is None else to_account(row)

    async def find_by_identity(self, provider: str, subject: str) -> Account | None:
        """See the port."""
        row = await self._db.one(self._reads.find_by_identity, {"provider": provider, "subject": subject})
        return None if row is None else to_account(row)

    async def identities(self, account_id: str) -> list[Identity]:
        """See the port."""
        rows = await self._db.few(self._reads.identities, {"account_id": account_id})
        return [to_identity(row) for row in rows]

    async def page(self, after_id: str, at_most: int) -> list[Account]:
        """See the port."""
        rows = await self._db.all(self._reads.page, {"after_id": after_id, "at_most": at_most})
        return [to_account(row) for row in rows]

    async def rename(
        self,
        account_id: str,
        *,
        first_name: str | None,
        last_name: str | None,
        locale: str | None,
        now: datetime,
    ) -> Account | None:
        """See the port."""
        values = {
            "account_id": account_id,
            "first_name": first_name,
            "last_name": last_name,
            "locale": locale,
            "now": to_milliseconds(now),
        }
        rows = (await self._db.change(self._writes.rename, values)).rows
        return to_account(rows[0]) if rows else None

    async def confirm(self, account_id: str, email: str, now: datetime) -> bool:
        """See the port."""
        return await self._done(
            self._writes.confirm, account_id=account_id, email=email, now=to_milliseconds(now)
        )

    async def rehash(self, account_id: str, seen: str, fresh: str) -> bool:
        """See the port."""
        return await self._done(self._writes.rehash, account_id=account_id, seen=seen, fresh=fresh)

    async def set_password(
        self, account_id: str, fresh: str, *, seen: str | None, epoch: int, now: datetime
    ) -> int | None:
        """See the port."""
        values: dict[str, Any] = {
            "account_id": account_id,
            "fresh": fresh,
            "epoch": epoch,
            "now": to_milliseconds(now),
        }
        if seen is None:
            return await self._epoch(self._writes.set_first_password, values)
        return await self._epoch(self._writes.set_password, values | {"seen": seen})

    async def reset_password(
        self, account_id: str, fresh: str, *, email: str, epoch: int, now: datetime
    ) -> int | None:
        """See the port."""
        seen = {"account_id": account_id, "email": email, "epoch": epoch}

        def reset() -> Work[int | None]:
            locked = (yield Step(self._writes.lock_as_seen, seen)).rows
            if not locked:
                return None
            values = seen | {"fresh": fresh, "now": to_milliseconds(now)}
            done = (yield Step(self._writes.reset_password, values)).rows
            if not done:
                return None
            if locked[0][0] is None:
                yield Step(self._links.drop, {"account_id": account_id})
            return int(done[0][0])

        return await self._db.transaction(reset)

    async def take_over(self, account_id: str, *, email: str, epoch: int, now: datetime) -> int | None:
        """See the port."""
        values = {"account_id": account_id, "email": email, "epoch": epoch, "now": to_milliseconds(now)}

        def take() -> Work[int | None]:
            done = (yield Step(self._writes.take_over, values)).rows
            if not done:
                return None
            yield Step(self._links.drop, {"account_id": account_id})
            return int(done[0][0])

        return await self._db.transaction(take)

    async def change_email(
        self, account_id: str, *, old: str | None, new: str, epoch: int, now: datetime
    ) -> Changed:
        """See the port."""
        values: dict[str, Any] = {
            "account_id": account_id,
            "new": new,
            "epoch": epoch,
            "now": to_milliseconds(now),
        }
        try:
            if old is None:
                done = await self._done(self._writes.add_email, **values)
            else:
                done = await self._done(self._writes.change_email, **values, old=old)
        except TakenError:
            return Changed.TAKEN
        return Changed.DONE if done else Changed.STALE

    async def link(self, identity: Identity, *, epoch: int) -> bool:
        """See the port."""
        return await self._done(self._links.link, **from_identity(identity), epoch=epoch)

    async def unlink(self, account_id: str, identity_id: str, *, even_last: bool = False) -> bool:
        """See the port."""
        own = {"account_id": account_id, "identity_id": identity_id}
        statement = self._links.unlink_even_last if even_last else self._links.unlink

        def detach() -> Work[bool]:
            # Two calls that would together remove the last way in meet at this row.
            yield Step(self._writes.lock, {"account_id": account_id})
            gone = (yield Step(statement, own)).rows
            if not gone:
                return False
            named = {"account_id": account_id, "provider": gone[0][0]}
            yield Step(self._writes.forget_social_type, named)
            return True

        return await self._db.transaction(detach)

    async def disable(self, account_id: str, now: datetime) -> bool:
        """See the port."""
        return await self._done(self._writes.disable, account_id=account_id, now=to_milliseconds(now))

    async def enable(self, account_id: str, now: datetime) -> bool:
        """See the port."""
        return await self._done(self._writes.enable, account_id=account_id, now=to_milliseconds(now))

    async def delete(self, account_id: str, now: datetime, *, epoch: int | None = None) -> bool:
        """See the port."""

        def blank() -> Work[bool]:
            values = {"account_id": account_id, "epoch": epoch, "now": to_milliseconds(now)}
            done = (yield Step(self._writes.delete, values)).changed == 1
            if done:
                yield Step(self._links.drop, {"account_id": account_id})
            return done

        return await self._db.transaction(blank)

    async def end_everything(self, account_id: str, now: datetime) -> int | None:
        """See the port."""
        values = {"account_id": account_id, "now": to_milliseconds(now)}
        return await self._epoch(self._writes.end_everything, values)

    async def reserve_try(self, account_id: str, *, today: int, at_most: int) -> bool:
        """See the port."""
        return await self._done(self._writes.reserve_try, account_id=account_id, today=today, at_most=at_most)

    async def give_back_try(self, account_id: str) -> None:
        """See the port."""
        await self._done(self._writes.give_back_try, account_id=account_id)

    async def forgive(self, account_id: str) -> None:
        """See the port."""
        await self._done(self._writes.forgive, account_id=account_id)

    async def deleted_before(self, before: datetime, at_most: int) -> list[str]:
        """See the port."""
        due = {"before": to_milliseconds(before), "at_most": at_most}
        return [str(row[0]) for row in await self._db.all(self._writes.deleted_before, due)]

    async def remove_deleted(self, account_id: str) -> bool:
        """See the port."""
        return await self._done(self._writes.remove, account_id=account_id)

    async def _done(self, statement: Statement, **values: Any) -> bool:
        """Run a one-row change; True when its guard let it through."""
        return (await self._db.change(statement, values)).changed == 1

    async def _epoch(self, statement: Statement, values: dict[str, Any]) -> int | None:
        """Run a one-row change that returns the new epoch; None when its guard did not let it through."""
        rows = (await self._db.change(statement, values)).rows
        return int(rows[0][0]) if rows else None
