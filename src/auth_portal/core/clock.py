"""What time it is: the only door through which time enters, and how instants become integers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time_ns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FLOATS_ARE_EXACT = 4_000_000_000_000  # ms, to the year 2096: seconds as a float lose no microsecond

Clock = Callable[[], datetime]
"""Returns the present instant, aware, in UTC, cut to whole milliseconds."""


def system_clock() -> datetime:
    """The machine's own time, cut to whole milliseconds so that storing it loses nothing."""
    return datetime.fromtimestamp(time_ns() // 1_000_000 / 1000, UTC)


def movable_clock(offset_file: Path) -> Clock:
    """The machine's time plus the seconds written in `offset_file`; only wired with APP_ENV=test.

    The offset lies in a file so that several server processes of one test share it.
    """

    def now() -> datetime:
        try:
            offset = float(offset_file.read_text() or 0)
        except (OSError, ValueError):
            offset = 0.0
        moved = system_clock() + timedelta(seconds=offset)
        return moved.replace(microsecond=moved.microsecond // 1000 * 1000)

    return now


def to_milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00Z; the form in which storage keeps instants."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def to_seconds(instant: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00Z, cut: what JWTs call a NumericDate (RFC 7519 section 2)."""
    since = instant - EPOCH
    return since.days * 86_400 + since.seconds


def from_milliseconds(milliseconds: int) -> datetime:
    """The aware UTC instant of `milliseconds` since the epoch; the inverse of `to_milliseconds`."""
    if 0 <= milliseconds < FLOATS_ARE_EXACT:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)  # takes two thirds of the time
    return EPOCH + timedelta(0, milliseconds // 1000, milliseconds % 1000 * 1000)
