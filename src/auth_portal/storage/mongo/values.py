"""Instants as documents keep them: whole milliseconds since 1970, as in the SQL tables."""

from datetime import datetime

from auth_portal.core.clock import from_milliseconds, to_milliseconds


def stored(instant: datetime | None) -> int | None:
    """The integer to keep; None stays None."""
    return None if instant is None else to_milliseconds(instant)


def instant(milliseconds: int) -> datetime:
    """The aware UTC instant."""
    return from_milliseconds(milliseconds)


def instant_or_none(milliseconds: int | None) -> datetime | None:
    """The aware UTC instant; None stays None."""
    return None if milliseconds is None else from_milliseconds(milliseconds)
