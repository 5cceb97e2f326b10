"""The settings of this room: policy, cost of hashing, how many hashes at once."""

from dataclasses import dataclass
from datetime import timedelta

MOST_BYTES = 1024


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """Lengths in code points, memory in KiB (argon2id as OWASP proposes it: 19 MiB, t=2, p=1)."""

    shortest: int = 8
    longest: int = 256
    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1
    slots: int = 2  # hashes computed at once
    queue: int = 64  # hashes waiting for a slot; more are answered 503
    reset_interval: timedelta = timedelta(0)  # PASSWORD_CHANGE_INTERVAL
    app_name: str = "Auth Portal"  # one of the words a password may not be
