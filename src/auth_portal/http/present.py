"""What clients read: every body of an answer, allow-listed field by field (ASVS 5.0 15.3.1)."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from auth_portal.accounts.account import Account, Identity
from auth_portal.journal.event import Event
from auth_portal.sessions.session import Session
from auth_portal.sessions.tokens import Tokens

CONFIRMED, UNCONFIRMED = 1, 2


class Shown(msgspec.Struct, frozen=True, rename="camel"):
    """A body of an answer; a field without value is absent."""


class User(Shown, frozen=True):
    """A person as they see themselves (CONTRACT.md section 2)."""

    id: str
    first_name: str
    last_name: str
    status: int
    email_verified: bool
    has_password: bool
    created_at: str
    updated_at: str
    email: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    social_type: str | UnsetType = UNSET
    last_password_change: str | UnsetType = UNSET


class SignedIn(Shown, frozen=True):
    """`tokenExpires`: the end of the access token, milliseconds since 1970."""

    token: str
    refresh_token: str
    token_expires: int


class Exchanged(Shown, frozen=True):
    """The same, and `expiresIn`: how long the refresh token lives, in milliseconds."""

    token: str
    refresh_token: str
    token_expires: int
    expires_in: int


class InfoShown(Shown, frozen=True):
    """A front end's server takes a truthy `token` as "signed in"."""

    token: str
    user: User


class SessionShown(Shown, frozen=True):
    """One device."""

    id: str
    name: str
    current: bool
    method: str
    ip: str
    user_agent: str
    created_at: str
    last_seen_at: str


class SessionsShown(Shown, frozen=True):
    """One's devices, newest first."""

    sessions: list[SessionShown]


class EndedShown(Shown, frozen=True):
    """How many sessions were ended."""

    ended: int


class EventShown(Shown, frozen=True):
    """One security event."""

    id: str
    kind: str
    at: str
    outcome: str
    ip: str
    user_agent: str
    facts: dict[str, str]
    session_id: str | UnsetType = UNSET


class EventsShown(Shown, frozen=True):
    """A page of events, newest first; ask on with `before=<id of the last>`."""

    events: list[EventShown]


class IdentityShown(Shown, frozen=True):
    """One linked account of another service."""

    id: str
    provider: str
    label: str
    linked_at: str
    email: str | UnsetType = UNSET


class IdentitiesShown(Shown, frozen=True):
    """Every way to sign in besides a link by mail."""

    identities: list[IdentityShown]
    has_password: bool


class NonceShown(Shown, frozen=True):
    """What the provider's ID token must carry."""

    nonce: str
    expires_at: str


class UrlShown(Shown, frozen=True):
    """Where to send the browser."""

    url: str


class ProviderShown(Shown, frozen=True):
    """One "Sign in with …"."""

    name: str
    label: str


class ConfigShown(Shown, frozen=True):
    """Which ways in are on; what a sign-in page needs to know."""

    app_name: str
    registration: bool
    confirm_first: bool
    password_min_length: int
    password_max_length: int
    providers: list[ProviderShown]
    handoff: str
    locales: list[str]


class Health(Shown, frozen=True):
    """`ok`."""

    status: str


class Problem(Shown, frozen=True):
    """RFC 9457, with the fields of existing clients beside it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    status_code: int
    message: str
    errors: dict[str, str] | UnsetType = UNSET
    retry_after: int | UnsetType = UNSET


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z. Cut by hand: `timespec` takes twice as long."""
    written = at.isoformat()
    return f"{written[:23]}Z" if at.microsecond else f"{written[:19]}.000Z"


def user_of(account: Account) -> User:
    """Never a hash, a token or a provider's subject."""
    changed = account.password_changed_at
    return User(
        id=account.id,
        first_name=account.first_name,
        last_name=account.last_name,
        status=CONFIRMED if account.email_confirmed_at is not None else UNCONFIRMED,
        email_verified=account.email_confirmed_at is not None,
        has_password=account.password_hash is not None,
        created_at=instant(account.created_at),
        updated_at=instant(account.updated_at),
        email=account.email or UNSET,
        locale=account.locale or UNSET,
        social_type=account.social_type or UNSET,
        last_password_change=instant(changed) if changed is not None else UNSET,
    )


def signed_in_of(tokens: Tokens) -> SignedIn:
    """The three fields that every way in answers."""
    return SignedIn(tokens.access_token, tokens.refresh_token, tokens.access_expires * 1000)


def session_of(session: Session, current: str) -> SessionShown:
    """A session as its owner sees it."""
    return SessionShown(
        id=session.id,
        name=session.name,
        current=session.id == current,
        method=session.method,
        ip=session.ip,
        user_agent=session.user_agent,
        created_at=instant(session.created_at),
        last_seen_at=instant(session.rotated_at),
    )


def event_of(event: Event) -> EventShown:
    """An event as its owner sees it."""
    return EventShown(
        id=event.id,
        kind=event.kind.value,
        at=instant(event.at),
        outcome=event.outcome,
        ip=event.ip,
        user_agent=event.user_agent,
        facts=event.facts,
        session_id=event.session_id or UNSET,
    )


def identity_of(identity: Identity, label: str) -> IdentityShown:
    """A linked account, without the provider's subject."""
    return IdentityShown(
        identity.id, identity.provider, label, instant(identity.linked_at), identity.email or UNSET
    )
