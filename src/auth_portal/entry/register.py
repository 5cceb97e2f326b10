"""Sign up by e-mail and password: at once, or only after the address was proved."""

from dataclasses import dataclass

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.refusal import Refusal, invalid
from auth_portal.core.secrets import Randomness
from auth_portal.core.visitor import Visitor
from auth_portal.entry.admit import Admit, Admitted
from auth_portal.entry.confirmation import SendConfirmation
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.mail.letter import LetterKind
from auth_portal.mail.post import Post
from auth_portal.passwords.hashing import Hasher
from auth_portal.passwords.policy import Policy
from auth_portal.tickets.ticket import Purpose
from auth_portal.tickets.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Application:
    """What a person typed to sign up; the address is normalised already."""

    first_name: str
    last_name: str
    email: str
    password: str
    locale: str | None = None


@dataclass(frozen=True)
class Register:
    """Make an account (default), or a ticket from which its link makes one (`confirm_first`)."""

    accounts: Accounts
    hasher: Hasher
    policy: Policy
    tickets: Tickets
    post: Post
    confirmation: SendConfirmation
    admit: Admit
    gate: Gate
    limits: LimitRules
    record: Record
    clock: Clock
    randomness: Randomness
    confirm_first: bool

    async def __call__(  # noqa: PLR0917 -- the fields of the form, in its order
        self,
        first_name: str,
        last_name: str,
        email: str,
        password: str,
        visitor: Visitor,
        presented: str | None = None,
        locale: str | None = None,
    ) -> Admitted | None:
        """Signed in at once; None when the person has to prove the address first.

        Raises a validation refusal for a bad password, or (unless `confirm_first`) a taken address.
        """
        await self.gate.count("register", visitor.network, self.limits.register_network)
        said = Application(first_name, last_name, email, password, locale)
        words = (email.split("@", 1)[0], first_name, last_name)
        faults = self.policy.faults(password, words)
        if faults:
            raise invalid(password=faults)
        if self.confirm_first:
            await self._ask_for_proof(said, visitor)
            return None
        return await self._make(said, visitor, presented)

    async def _make(self, said: Application, visitor: Visitor, presented: str | None) -> Admitted:
        """Account with hash (one insert), then the letter, then the session."""
        if await self.accounts.find_by_email(said.email) is not None:
            raise _taken()
        now = self.clock()
        account = Account(
            id=new_id(now, self.randomness),
            email=said.email,
            first_name=said.first_name,
            last_name=said.last_name,
            created_at=now,
            updated_at=now,
            password_hash=await self.hasher.hash(said.password),
            locale=said.locale,
        )
        if not await self.accounts.create(account):
            raise _taken()
        await self.record(Kind.REGISTERED, visitor, account_id=account.id, method="password")
        await self.confirmation(account)
        return await self.admit(account, visitor, "registration", presented, known=True)

    async def _ask_for_proof(self, said: Application, visitor: Visitor) -> None:
        """The same work and the same answer whether or not the address is taken (ASVS 5.0 6.3.8)."""
        hashed = await self.hasher.hash(said.password)
        taken = await self.accounts.find_by_email(said.email)
        allowed = await self.gate.letter_allowed(said.email)
        ticket = await self.tickets.issue(
            Purpose.REGISTRATION,
            said.email,
            first_name=said.first_name,
            last_name=said.last_name,
            hash=hashed,
            locale=said.locale or "",
        )
        known = taken is not None and taken.confirmed
        if allowed:
            kind = LetterKind.ALREADY_REGISTERED if known else LetterKind.CONFIRM_EMAIL
            name = taken.first_name if known and taken is not None else said.first_name
            await self.post(
                kind,
                said.email,
                account_id=taken.id if taken is not None else None,
                locale=said.locale,
                best_before=ticket.expires_at,
                facts={"name": name} if known else {"name": name, "hash": ticket.token},
            )
        await self.record(Kind.REGISTRATION_REQUESTED, visitor, account_id=taken.id if taken else None)


def _taken() -> Refusal:
    """In the words that existing clients know."""
    return invalid(email="email Already Exists")
