"""What a client holds after signing in or refreshing."""

from dataclasses import dataclass, field
from datetime import datetime

from auth_portal.accounts.account import Account
from auth_portal.sessions.session import Session


@dataclass(frozen=True, slots=True)
class Tokens:
    """Both tokens, shown once, with the session and the person they are for."""

    access_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_token: str = field(repr=False)
    session: Session
    account: Account
