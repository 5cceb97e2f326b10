"""Give people everything that is kept about them."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from auth_portal.accounts.account import Account
from auth_portal.accounts.store import Accounts
from auth_portal.core.visitor import Visitor
from auth_portal.journal.event import Event, Kind
from auth_portal.journal.record import Record
from auth_portal.journal.store import Journal
from auth_portal.limits.gate import Gate
from auth_portal.limits.rules import LimitRules
from auth_portal.sessions.recognise import Present
from auth_portal.sessions.store import Sessions

MOST_EVENTS = 10_000
PAGE = 200  # events: what reading and rewriting them takes, everybody waits; a millisecond or two


@dataclass(frozen=True)
class ExportData:
    """One JSON document (GDPR article 20); never a hash, a token or a secret."""

    accounts: Accounts
    sessions: Sessions
    journal: Journal
    gate: Gate
    limits: LimitRules
    record: Record

    async def __call__(self, present: Present, visitor: Visitor) -> dict[str, object]:
        """`account`, `identities`, `sessions`, `events`; instants as ISO 8601 in UTC.

        Raises TOO_MANY_REQUESTS by account.
        """
        account = present.account
        await self.gate.count("export", account.id, self.limits.export_account)
        await self.record(Kind.DATA_EXPORTED, visitor, account_id=account.id, session_id=present.session.id)
        identities = await self.accounts.identities(account.id)
        sessions = await self.sessions.living(account.id, account.epoch)
        return {
            "account": _account(account),
            "identities": [
                {
                    "provider": identity.provider,
                    "subject": identity.subject,
                    "email": identity.email,
                    "linkedAt": _iso(identity.linked_at),
                }
                for identity in identities
            ],
            "sessions": [
                {
                    "id": session.id,
                    "name": session.name,
                    "method": session.method,
                    "ip": session.ip,
                    "userAgent": session.user_agent,
                    "createdAt": _iso(session.created_at),
                    "lastSeenAt": _iso(session.rotated_at),
                }
                for session in sessions
            ],
            "events": await self._events(account.id),
        }

    async def _events(self, account_id: str) -> list[dict[str, object]]:
        """The newest first, a page at a time; between two pages it is everybody else's turn."""
        told: list[dict[str, object]] = []
        before: str | None = None
        while len(told) < MOST_EVENTS:
            page = await self.journal.of(account_id, before, PAGE)
            told += [_event(event) for event in page]
            if len(page) < PAGE:
                break
            before = page[-1].id
            await asyncio.sleep(0)
        return told


def _account(account: Account) -> dict[str, object]:
    """The account without its hash."""
    return {
        "id": account.id,
        "email": account.email,
        "firstName": account.first_name,
        "lastName": account.last_name,
        "locale": account.locale,
        "socialType": account.social_type,
        "hasPassword": account.password_hash is not None,
        "emailConfirmedAt": _iso(account.email_confirmed_at),
        "passwordChangedAt": _iso(account.password_changed_at),
        "createdAt": _iso(account.created_at),
        "updatedAt": _iso(account.updated_at),
    }


def _event(event: Event) -> dict[str, object]:
    """The event without what only operators need."""
    return {
        "kind": event.kind.value,
        "at": _iso(event.at),
        "ip": event.ip,
        "userAgent": event.user_agent,
        "outcome": event.outcome,
        "facts": event.facts,
    }


def _iso(instant: datetime | None) -> str | None:
    """ISO 8601 with milliseconds and Z."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z" if instant else None
