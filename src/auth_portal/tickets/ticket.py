"""The ticket: a proof that can be spent exactly once, of which only a keyed hash is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """What a ticket may be spent on; one that was made for another purpose is unknown."""

    CONFIRM = "confirm"  # confirm the address of an account
    REGISTRATION = "registration"  # REQUIRE_CONFIRMED_EMAIL: the account is made when it is spent
    RESET = "reset"
    CHANGE_EMAIL = "change_email"
    NOT_ME = "not_me"  # the button of the new-device letter
    OAUTH_STATE = "oauth_state"
    HANDOFF = "handoff"  # social sign-in, from the call-back to the front end
    LINK_START = "link_start"  # social linking, from the front end to the provider
    LINK_CODE = "link_code"  # social linking, redeemed with the access token
    NONCE = "nonce"  # native clients
    SECOND_STEP = "second_step"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is stored: `digest` is the keyed hash of the token, `payload` sealed JSON."""

    digest: bytes
    purpose: Purpose
    holder: str  # the account's id, or an address for registrations, or ""
    payload: bytes
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TicketRules:
    """How long each kind lives (settings)."""

    confirm: timedelta = timedelta(hours=24)
    reset: timedelta = timedelta(minutes=30)
    change_email: timedelta = timedelta(hours=24)
    not_me: timedelta = timedelta(days=7)
    oauth_state: timedelta = timedelta(minutes=10)
    handoff: timedelta = timedelta(seconds=60)
    nonce: timedelta = timedelta(minutes=10)

    def lifetime(self, purpose: Purpose) -> timedelta:
        """How long a ticket of this purpose lives."""
        return {
            Purpose.CONFIRM: self.confirm,
            Purpose.REGISTRATION: self.confirm,
            Purpose.RESET: self.reset,
            Purpose.CHANGE_EMAIL: self.change_email,
            Purpose.NOT_ME: self.not_me,
            Purpose.OAUTH_STATE: self.oauth_state,
            Purpose.HANDOFF: self.handoff,
            Purpose.LINK_START: self.handoff,
            Purpose.LINK_CODE: self.handoff,
            Purpose.NONCE: self.nonce,
            Purpose.SECOND_STEP: self.oauth_state,
        }[purpose]
