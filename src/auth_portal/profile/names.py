"""Change one's names and language."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import unauthorized
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.sessions.recognise import Present


@dataclass(frozen=True)
class ChangeNames:
    """Sets what is given, leaves the rest."""

    accounts: Accounts
    record: Record
    clock: Clock

    async def __call__(
        self,
        present: Present,
        first_name: str | None,
        last_name: str | None,
        locale: str | None,
        visitor: Visitor,
    ) -> Account:
        """The account as it then is."""
        account = await self.accounts.rename(
            present.account.id, first_name=first_name, last_name=last_name, locale=locale, now=self.clock()
        )
        if account is None:
            raise unauthorized("deleted meanwhile")
        await self.record(Kind.PROFILE_CHANGED, visitor, account_id=account.id, session_id=present.session.id)
        return account
