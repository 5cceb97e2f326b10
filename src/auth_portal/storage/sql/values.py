"""How values travel between rows and records: instants as milliseconds, rows by position."""

from datetime import datetime
from typing import Any

from auth_portal.core.clock import from_milliseconds, to_milliseconds


def places(name: str, slots: int, chosen: list[Any]) -> dict[str, Any]:
    """Values for `declaring.one_of`: what is chosen (at least one), the last repeated in places left over."""
    filled = chosen + [chosen[-1]] * (slots - len(chosen))
    return {f"{name}_{place}": value for place, value in enumerate(filled)}


def milliseconds(instant: datetime | None) -> int | None:
    """As `to_milliseconds`, and None stays None."""
    return None if instant is None else to_milliseconds(instant)


def instant(stored: int | None) -> datetime | None:
    """As `from_milliseconds`, and None stays None."""
    return None if stored is None else from_milliseconds(stored)
