"""The rules: how many tries, in how long, for what (SECURITY.md, rulings on limits)."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `places` in any `window`."""

    places: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class LimitRules:
    """Every limit there is; `enabled=False` (RATE_LIMITS=off) is refused in production."""

    enabled: bool = True
    sign_in_account_network: Rate = Rate(5, timedelta(minutes=5))
    sign_in_network: Rate = Rate(20, timedelta(minutes=1))
    tries_network: Rate = Rate(120, timedelta(minutes=1))
    register_network: Rate = Rate(20, timedelta(minutes=1))
    forgot_network: Rate = Rate(20, timedelta(minutes=1))
    link_network: Rate = Rate(20, timedelta(minutes=1))
    letters_address: Rate = Rate(5, timedelta(hours=1))
    export_account: Rate = Rate(10, timedelta(hours=1))
    social_network: Rate = Rate(60, timedelta(minutes=1))
    failures_in_a_row: int = 100
    longest_wait: timedelta = timedelta(seconds=3)
