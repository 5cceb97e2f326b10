"""A letter: what is to be said to whom, until when it is worth saying, and how its sending goes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from auth_portal.core.open_names import OpenNames


class LetterKind(OpenNames):
    """Each has a folder in `mail/templates/` with subject.txt, body.txt and body.html."""

    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"
    PASSWORD_CHANGED = "password_changed"
    EMAIL_CHANGING = "email_changing"  # to the old address, at the request
    CONFIRM_NEW_EMAIL = "confirm_new_email"  # to the new address, with the link
    EMAIL_CHANGED = "email_changed"  # to the old address, when it has happened
    NEW_DEVICE = "new_device"
    IDENTITY_LINKED = "identity_linked"
    SESSION_REUSED = "session_reused"
    ALREADY_REGISTERED = "already_registered"


class LetterState(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


UNSENT = (LetterState.WAITING, LetterState.DEAD)  # what an operator has to know of; the sent are many


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of the outbox. `sealed` is the rendered letter under our key, erased once it is sent.

    `sealed` opens to JSON `{"subject", "text", "html"}`.
    """

    id: str
    kind: LetterKind
    recipient: str
    account_id: str | None
    message_id: str
    sealed: bytes
    created_at: datetime
    next_try_at: datetime
    best_before: datetime
    state: LetterState = LetterState.WAITING
    tries: int = 0
    claimed_until: datetime | None = None
    settled_at: datetime | None = None  # when it was sent or given up
    last_error: str = ""
