"""People and things for the tests of the ports; each call makes another one."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Any, TypeVar

from msgspec import structs

from auth_portal.accounts.account import Account, Identity
from auth_portal.core.ids import new_id
from auth_portal.journal.event import Event, Kind
from auth_portal.mail.letter import Letter, LetterKind
from auth_portal.sessions.session import Session
from auth_portal.sessions.store import StoredKey
from auth_portal.storage.stores import Stores
from auth_portal.tickets.ticket import Purpose, Ticket

NOW = datetime(2026, 3, 14, 15, 9, 26, 535_000, tzinfo=UTC)
PARALLEL = 16

Result = TypeVar("Result")
_numbers = count(1)


def after(**lapse: float) -> datetime:
    """That much later than NOW; negative is earlier."""
    return NOW + timedelta(**lapse)


def an_id(at: datetime = NOW) -> str:
    """A new id of the kind that we make."""
    return new_id(at, os.urandom)


def an_account(**facts: Any) -> Account:
    """Somebody with a password and a proved address."""
    plain = Account(
        id=an_id(),
        email=f"person{next(_numbers)}@example.org",
        first_name="Ada",
        last_name="Lovelace",
        created_at=NOW,
        updated_at=NOW,
        password_hash="$argon2id$first",
        email_confirmed_at=NOW,
    )
    return structs.replace(plain, **facts)


def an_identity(account: Account, **facts: Any) -> Identity:
    """How a provider knows them."""
    number = next(_numbers)
    plain = Identity(an_id(), account.id, "github", f"subject-{number}", f"{number}@example.org", NOW)
    return structs.replace(plain, **facts)


def a_session(account: Account, **facts: Any) -> Session:
    """One of their sign-ins."""
    plain = Session(
        id=an_id(),
        account_id=account.id,
        epoch=account.epoch,
        generation=0,
        burst_from=0,
        burst_at=NOW,
        rotated_at=NOW,
        created_at=NOW,
        name="Firefox on Linux",
        method="password",
        ip="203.0.113.7",
        network="203.0.113.7",
        user_agent="Mozilla/5.0",
    )
    return structs.replace(plain, **facts)


def a_ticket(**facts: Any) -> Ticket:
    """A link to choose a new password."""
    plain = Ticket(os.urandom(32), Purpose.RESET, an_id(), b"sealed", NOW, after(minutes=30))
    return replace(plain, **facts)


class OfTomorrow(StrEnum):
    """What a later version may have."""

    KIND = "of tomorrow"


def a_letter(**facts: Any) -> Letter:
    """A letter that waits and is due."""
    letter_id = an_id()
    plain = Letter(
        id=letter_id,
        kind=LetterKind.CONFIRM_EMAIL,
        recipient=f"person{next(_numbers)}@example.org",
        account_id=an_id(),
        message_id=f"<{letter_id}@example.org>",
        sealed=b"sealed",
        created_at=NOW,
        next_try_at=NOW,
        best_before=after(days=1),
    )
    return replace(plain, **facts)


def an_event(account_id: str | None, **facts: Any) -> Event:
    """A line of the journal."""
    plain = Event(
        id=an_id(),
        kind=Kind.SIGNED_IN,
        at=NOW,
        account_id=account_id,
        session_id=an_id(),
        ip="203.0.113.7",
        user_agent="Mozilla/5.0",
        trace="trace",
        facts={"method": "password", "name": "Zoë"},
    )
    return structs.replace(plain, **facts)


def a_key(**facts: Any) -> StoredKey:
    """A signing key."""
    plain = StoredKey(f"kid-{next(_numbers)}", "ES256", '{"kty":"EC"}', b"sealed", NOW, NOW)
    return replace(plain, **facts)


async def kept(stores: Stores, **facts: Any) -> Account:
    """An account that is in the database."""
    account = an_account(**facts)
    assert await stores.accounts.create(account)
    return account


async def now_of(stores: Stores, account: Account) -> Account:
    """The account as the database has it."""
    found = await stores.accounts.find(account.id)
    assert found is not None
    return found


async def at_once(
    call: Callable[[Stores, int], Awaitable[Result]], *instances: Stores, times: int = PARALLEL
) -> Sequence[Result]:
    """The same call many times at once, spread over the instances."""
    return await asyncio.gather(
        *(call(instances[number % len(instances)], number) for number in range(times))
    )
