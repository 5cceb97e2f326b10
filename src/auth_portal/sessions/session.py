"""The session, and judge(): the pure decision about a refresh token that is shown to us."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum

from msgspec import Struct

from auth_portal.accounts.account import Account

MOST_AGENT = 256  # characters of a user agent that a session keeps


class EndReason(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    ENDED_BY_OWNER = "ended_by_owner"
    REPLACED = "replaced"  # the same browser signed in again
    REUSED = "reused"  # an old refresh token was shown
    ROLLED_BACK = "rolled_back"  # the database is older than the token
    OVER_THE_CAP = "over_the_cap"
    NOT_ME = "not_me"
    BY_OPERATOR = "by_operator"


class Session(Struct, frozen=True):
    """One sign-in on one device: one family of refresh tokens, of which one generation lives.

    `burst_from` is the generation that was current when the present burst of rotations began, and
    `burst_at` when that was; both are written by the update that advances.
    """

    id: str
    account_id: str
    epoch: int  # of the account, as read before the proof was checked
    generation: int
    burst_from: int
    burst_at: datetime
    rotated_at: datetime
    created_at: datetime
    name: str
    method: str  # how the person signed in: password, registration, google, …
    ip: str  # at the last rotation
    network: str
    user_agent: str
    ended_at: datetime | None = None
    end_reason: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The settings of this room."""

    grace: timedelta = timedelta(seconds=30)
    idle: timedelta = timedelta(days=30)
    absolute: timedelta = timedelta(days=365)
    access: timedelta = timedelta(minutes=15)
    cap: int = 100
    known_device: timedelta = timedelta(days=90)
    recent: timedelta = timedelta(minutes=10)  # a "recent sign-in", for linking
    leeway: timedelta = timedelta(seconds=10)  # for iat and nbf of access tokens


RACE = timedelta(seconds=2)
"""How long, within the grace, the token that was just replaced is taken for one that lost a race.

Without it a rotation in the last instant of a burst would close the session of honest tabs that
came a millisecond later, when the burst is over.
"""


class Verdict(Enum):
    """What judge() decides."""

    ENDED = "ended"
    AHEAD = "ahead"
    ROTATE = "rotate"
    REPLAY = "replay"
    REUSED = "reused"


def alive(session: Session, account: Account, now: datetime, rules: SessionRules) -> bool:
    """The session may be used: from the rows alone, nothing of it from the token."""
    return (
        session.ended_at is None
        and account.deleted_at is None
        and account.disabled_at is None
        and session.epoch == account.epoch
        and now - session.rotated_at <= rules.idle
        and now - session.created_at <= rules.absolute
    )


def judge(session: Session, account: Account, generation: int, now: datetime, rules: SessionRules) -> Verdict:
    """Decide about a refresh token of `generation` (DESIGN.md section 4); pure, writes nothing."""
    if not alive(session, account, now, rules):
        return Verdict.ENDED
    if generation > session.generation:
        return Verdict.AHEAD
    if generation == session.generation:
        return Verdict.ROTATE
    in_burst = now - session.burst_at <= rules.grace and rules.grace > timedelta(0)
    if in_burst and generation >= session.burst_from:
        return Verdict.REPLAY
    race = min(RACE, rules.grace)
    if generation == session.generation - 1 and timedelta(0) < race and now - session.rotated_at <= race:
        return Verdict.REPLAY
    return Verdict.REUSED


def next_burst(session: Session, now: datetime, rules: SessionRules) -> tuple[int, datetime]:
    """The burst as it is after advancing now: the running one, or a new one after a quiet grace."""
    if session.generation > 0 and now - session.burst_at <= rules.grace:
        return session.burst_from, session.burst_at
    return session.generation, now
