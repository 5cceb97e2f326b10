"""A security event: who, when, from where, in which session, with what outcome."""

from datetime import datetime

from msgspec import Struct

from auth_portal.core.open_names import OpenNames


class Kind(OpenNames):
    """Every event that the journal knows; documented in docs/events.md by a generator."""

    REGISTERED = "registered"
    REGISTRATION_REQUESTED = "registration_requested"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_IN_THROTTLED = "sign_in_throttled"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    SESSION_RENAMED = "session_renamed"
    REFRESH_REUSED = "refresh_reused"
    REFRESH_REPLAY_ELSEWHERE = "refresh_replay_elsewhere"
    SESSION_ROLLED_BACK = "session_rolled_back"
    EMAIL_CONFIRMED = "email_confirmed"
    CONFIRMATION_RESENT = "confirmation_resent"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_RESET_REQUESTED = "password_reset_requested"
    PASSWORD_RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_SET = "password_set"
    PASSWORD_UPGRADED = "password_upgraded"
    PROFILE_CHANGED = "profile_changed"
    DATA_EXPORTED = "data_exported"
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_TAKEN_OVER = "account_taken_over"
    ACCOUNT_IMPORTED = "account_imported"
    NEW_DEVICE = "new_device"
    NOT_ME = "not_me"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    SOCIAL_FAILED = "social_failed"
    KEY_ROTATED = "key_rotated"
    SECOND_STEP_ASKED = "second_step_asked"


class Event(Struct, frozen=True):
    """One line of the journal. `facts` are short texts; never a secret, never a password."""

    id: str
    kind: Kind
    at: datetime
    account_id: str | None = None
    session_id: str | None = None
    ip: str = ""
    user_agent: str = ""
    outcome: str = "ok"  # ok | refused
    trace: str = ""
    facts: dict[str, str] = {}
