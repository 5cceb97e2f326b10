"""Change one's password, or set the first one, while signed in."""

from dataclasses import dataclass

from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.refusal import invalid, unavailable
from auth_portal.core.together import together
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.mail.letter import LetterKind
from auth_portal.passwords.hashing import Hasher
from auth_portal.passwords.policy import Policy
from auth_portal.passwords.prove import ProveCurrentPassword
from auth_portal.passwords.words import own_words
from auth_portal.sessions.notice import TellOwner
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.store import Sessions
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets


@dataclass(frozen=True)
class ChangePassword:
    """One row changes (hash, epoch): every session is ended; then the present one is carried over.

    A crash in between signs this device out too, and the notice may be missing; a call that fails keeps no
    other from being tried (DESIGN.md law 5; ASVS 5.0 6.2.3, 6.3.7, 7.4.3).
    """

    accounts: Accounts
    sessions: Sessions
    tickets: Tickets
    hasher: Hasher
    policy: Policy
    prove: ProveCurrentPassword
    notice: TellOwner
    record: Record
    clock: Clock

    async def __call__(self, present: Present, current: str | None, fresh: str, visitor: Visitor) -> None:
        """Raises WRONG_CURRENT_PASSWORD, RECENT_SIGN_IN_REQUIRED, TOO_MANY_REQUESTS, a validation refusal.

        `unavailable` when the account was changed by another request meanwhile; then nothing
        happened here.
        """
        account, session = present.account, present.session
        faults = self.policy.faults(fresh, own_words(account))
        if faults:
            raise invalid(password=faults)
        await self.prove(present, current, visitor)
        hashed = await self.hasher.hash(fresh)
        epoch = await self.accounts.set_password(
            account.id, hashed, seen=account.password_hash, epoch=account.epoch, now=self.clock()
        )
        if epoch is None:
            raise unavailable("the account was changed meanwhile")
        kind = Kind.PASSWORD_SET if account.password_hash is None else Kind.PASSWORD_CHANGED
        await together(
            self.sessions.restamp(session.id, account.epoch, epoch),
            self.tickets.void(account.id, Purpose.RESET),
            self.record(kind, visitor, account_id=account.id, session_id=session.id),
            self.notice(LetterKind.PASSWORD_CHANGED, account, visitor),
        )
