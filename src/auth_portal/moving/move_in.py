"""Moves people in: two passes over the source, then each row decided and taken in one change."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from auth_portal.accounts.account import Account, Identity
from auth_portal.accounts.store import Accounts
from auth_portal.core.clock import Clock
from auth_portal.core.ids import new_id
from auth_portal.core.refusal import UNAVAILABLE, Refusal
from auth_portal.core.secrets import Randomness
from auth_portal.core.visitor import NOBODY
from auth_portal.journal.event import Kind
from auth_portal.journal.record import Record
from auth_portal.journal.store import Journal
from auth_portal.moving.arrival import Arrival, ArrivingIdentity, Remark, Unusable
from auth_portal.moving.decide import Claims, Decision, Fate, Standing, decide, differ
from auth_portal.moving.report import Report
from auth_portal.moving.source import Source

AT_ONCE = 16  # more would only wait for one another, and some longer than a database's deadline
TRIES = 3
NEWEST = 50  # events of an account; behind its deletion hardly any follow
PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds between tries while the database is away or too busy

T = TypeVar("T")
IsHashOfNothing = Callable[[str], bool]
Told = Callable[[int], None]


@dataclass(frozen=True)
class MoveIn:
    """Resumable and idempotent: a row whose id is here already changes nothing.

    A row with its identities is one insert, so an interruption leaves whole accounts only, and the
    next run goes on with the others. Whoever deleted the account here is not brought back, as long as
    the journal knows of it.
    """

    accounts: Accounts
    journal: Journal
    record: Record
    clock: Clock
    randomness: Randomness
    is_hash_of_nothing: IsHashOfNothing

    async def __call__(self, source: Source, name: str, *, apply: bool, told: Told) -> Report:
        """Read `source` and, with `apply`, take it over; `name` goes into the journal.

        `told` hears how many rows are done. Without `apply` nothing is written at all.
        """
        report = Report(applied=apply, dropped=await source.dropped())
        claims = await self._survey(source)
        batch: list[Arrival] = []
        async for row in source.rows():
            if isinstance(row, Unusable):
                report.count_unusable(row)
                told(1)
                continue
            batch.append(row)
            if len(batch) == AT_ONCE:
                await self._batch(batch, claims, name, report, apply=apply)
                told(len(batch))
                batch = []
        await self._batch(batch, claims, name, report, apply=apply)
        told(len(batch))
        return report

    async def _survey(self, source: Source) -> Claims:
        """The first pass: who claims what."""
        claims = Claims()
        async for row in source.rows():
            if isinstance(row, Arrival):
                claims.note(row)
        return claims

    async def _batch(
        self, batch: Sequence[Arrival], claims: Claims, name: str, report: Report, *, apply: bool
    ) -> None:
        """Some rows at once: the database and the hashing threads both have something to do."""
        for decision in await asyncio.gather(*(self._one(row, claims, name, apply=apply) for row in batch)):
            report.count(decision)

    async def _one(self, arrival: Arrival, claims: Claims, name: str, *, apply: bool) -> Decision:
        """Decide about one row and act. Losing a race for a unique key means deciding once more."""
        claims.note(arrival)  # once more: the row may have come or changed since the first pass
        costly = arrival.maybe_hash_of_nothing and arrival.password_hash is not None
        # Most rows are new: their insert is the question and the answer. Who costs a hash is asked first.
        ask = costly or not apply or await patiently(lambda: self._was_deleted(arrival))
        standing = await self._patient_standing(arrival) if ask else Standing()
        nothing = costly and not standing.exists and await self._is_nothing(arrival)
        for _ in range(TRIES):
            decision = decide(arrival, claims, standing, hash_of_nothing=nothing)
            if decision.fate is not Fate.TAKE or not apply or await self._take(decision.arrival, name):
                return decision
            standing = await self._patient_standing(arrival)
            arrival = with_fresh_handles(arrival)  # an identity's own id may be what was taken
        return Decision(Fate.LEAVE, replace(arrival, remarks=(*arrival.remarks, Remark.REFUSED)))

    async def _is_nothing(self, arrival: Arrival) -> bool:
        """The stored hash is one of the empty text."""
        stored = arrival.password_hash
        return stored is not None and await asyncio.to_thread(self.is_hash_of_nothing, stored)

    async def _patient_standing(self, arrival: Arrival) -> Standing:
        """What is already here, asked again while the database is busy."""
        return await patiently(lambda: self._standing(arrival))

    async def _standing(self, arrival: Arrival) -> Standing:
        """What is already here of the row."""
        found = None if arrival.id is None else await self.accounts.find(arrival.id)
        if found is not None and found.deleted_at is None:
            return Standing(exists=True, renamed=differ(found.email, arrival.email))
        if found is not None or await self._was_deleted(arrival):
            return Standing(deleted=True)
        holder = None if arrival.email is None else await self.accounts.find_by_email(arrival.email)
        taken: set[tuple[str, str]] = set()
        for identity in arrival.identities:
            if await self.accounts.find_by_identity(identity.provider, identity.subject) is not None:
                taken.add((identity.provider, identity.subject))
        if arrival.id is None and (holder is not None or (taken and arrival.email is None)):
            return Standing(exists=True)  # without an id the address says who it is
        return Standing(email_taken=holder is not None, identities_taken=frozenset(taken))

    async def _was_deleted(self, arrival: Arrival) -> bool:
        """An account of the row's id was deleted here; it may have come in once more since."""
        if arrival.id is None:
            return False
        events = await self.journal.of(arrival.id, None, NEWEST)
        return any(event.kind is Kind.ACCOUNT_DELETED for event in events)

    async def _take(self, arrival: Arrival, name: str) -> bool:
        """Create the account; False when a unique key was taken meanwhile."""
        account = account_of(arrival, arrival.id or new_id(self.clock(), self.randomness))
        identities = [self._identity(identity, account) for identity in arrival.identities]
        tries = 0

        async def create() -> bool:
            nonlocal tries
            tries += 1
            return await self.accounts.create(account, *identities)

        made = await patiently(create)
        if not made and tries > 1:  # a try of ours that got no answer may have been the one that did it
            made = await self.accounts.find(account.id) == account
        if not made:
            return False
        await patiently(
            lambda: self.record(Kind.ACCOUNT_IMPORTED, NOBODY, account_id=account.id, source=name)
        )
        return True

    def _identity(self, identity: ArrivingIdentity, account: Account) -> Identity:
        """The identity as it is kept."""
        return Identity(
            id=identity.id or new_id(self.clock(), self.randomness),
            account_id=account.id,
            provider=identity.provider,
            subject=identity.subject,
            email=identity.email,
            linked_at=identity.linked_at or account.created_at,
        )


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do it; a 503 on the way is waited out for a quarter of a minute, then raised."""
    for pause in PAUSES:
        try:
            return await work()
        except Refusal as refusal:
            if refusal.refused is not UNAVAILABLE:
                raise
        await asyncio.sleep(pause)
    return await work()


def with_fresh_handles(arrival: Arrival) -> Arrival:
    """The row with identities that get ids of their own: provider and subject say who it is."""
    return replace(arrival, identities=tuple(replace(one, id=None) for one in arrival.identities))


def account_of(arrival: Arrival, account_id: str) -> Account:
    """The account as it is kept."""
    return Account(
        id=account_id,
        email=arrival.email,
        first_name=arrival.first_name,
        last_name=arrival.last_name,
        created_at=arrival.created_at,
        updated_at=arrival.updated_at,
        password_hash=arrival.password_hash,
        email_confirmed_at=arrival.email_confirmed_at,
        locale=arrival.locale,
        social_type=arrival.social_type,
        password_changed_at=arrival.password_changed_at,
        password_reset_at=arrival.password_reset_at,
        disabled_at=arrival.disabled_at,
    )
