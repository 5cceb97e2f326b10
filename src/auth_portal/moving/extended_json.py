"""MongoDB Extended JSON (version 2, canonical and relaxed; version 1 dates) as plain values."""

from collections.abc import Callable
from datetime import datetime

from auth_portal.moving.cleaning import read_instant


def plain(value: object) -> object:
    """ObjectIds as text, dates as instants, numbers as numbers; anything else stays as it is."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((mark, inner),) = value.items()
        read = READERS.get(mark)
        if read is not None:
            return read(inner)
    return {name: plain(one) for name, one in value.items()}


def _date(inner: object) -> datetime | str | None:
    """ISO text, milliseconds, or `{"$numberLong": "…"}`; unreadable ones stay visible as text."""
    inner = plain(inner)
    return read_instant(inner) or str(inner)


def _whole(inner: object) -> object:
    """A number written as text."""
    try:
        return int(str(inner))
    except ValueError:
        return None


def _real(inner: object) -> object:
    """A number written as text, perhaps not finite."""
    try:
        return float(str(inner))
    except ValueError:
        return None


READERS: dict[str, Callable[[object], object]] = {
    "$oid": lambda inner: inner,
    "$date": _date,
    "$numberInt": _whole,
    "$numberLong": _whole,
    "$numberDouble": _real,
    "$numberDecimal": _real,
    "$undefined": lambda _inner: None,
    "$symbol": lambda inner: inner,
}
