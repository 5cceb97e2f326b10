"""Facts on their way into a letter: cut, freed of control characters, dates in the reader's language."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

MOST_CHARACTERS = 200
LONGEST_NAME = 60
NAMED = re.compile(
    r"(.+) on (Windows|macOS|Linux|Ubuntu|Fedora|Debian|ChromeOS|Android|iOS|iPhone|iPad|FreeBSD)"
)
LOOKS_LIKE_A_LINK = re.compile(r"://|www\.|@|\w\.\w{2,}", re.IGNORECASE)
MINUTES_AN_HOUR = 60
MINUTES_A_DAY = 24 * 60
LONGEST_IN_MINUTES = 180


def clean(fact: str, most: int = MOST_CHARACTERS) -> str:
    """One line of at most `most` characters without control or direction characters.

    Categories Cc (CR, LF: header injection), Cf (direction overrides, which make text read as
    something else) and Cs go; white space of every kind becomes one space (IN12).
    """
    spaced = " ".join(fact[: most * 4].split())
    kept = "".join(mark for mark in spaced if unicodedata.category(mark) not in {"Cc", "Cf", "Cs"})
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "…"


def clean_name(name: str) -> str:
    """A name for the greeting, or nothing when it looks like a link.

    Whoever signs up chooses name and recipient: letters must not carry a stranger's advertisement,
    and mail programs make links of whatever looks like one.
    """
    kept = clean(name, LONGEST_NAME)
    return "" if LOOKS_LIKE_A_LINK.search(kept) else kept


def device_parts(device: str) -> tuple[str, str]:
    """A device such as "Firefox on Linux" as browser and system, so that "on" can be translated."""
    found = NAMED.fullmatch(device)
    return (found[1], found[2]) if found else (device, "")


def instant(text: str | None) -> datetime | None:
    """An ISO 8601 instant; None when there is none, or it is not one."""
    try:
        read = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read is not None and read.tzinfo is None else read


def spoken_instant(at: datetime, language: str) -> str:
    """Such as `November 23, 2026, 20:05 UTC`; always UTC, since nobody's time zone is known."""
    from babel.dates import format_date, format_time  # noqa: PLC0415 -- see wording.py

    utc = at.astimezone(UTC)
    return f"{format_date(utc, 'long', locale=language)}, {format_time(utc, 'HH:mm', locale=language)} UTC"


def spoken_duration(duration: timedelta, language: str) -> str:
    """Such as `30 minutes`, `24 hours`, `7 days`: in whole units, never more than it is."""
    from babel.units import format_unit  # noqa: PLC0415 -- see wording.py

    minutes = max(1, (duration + timedelta(seconds=30)) // timedelta(minutes=1))
    if minutes >= 2 * MINUTES_A_DAY:
        return format_unit(minutes // MINUTES_A_DAY, "day", locale=language)
    if minutes >= LONGEST_IN_MINUTES or (minutes > MINUTES_AN_HOUR and minutes % MINUTES_AN_HOUR == 0):
        return format_unit(minutes // MINUTES_AN_HOUR, "hour", locale=language)
    return format_unit(minutes, "minute", locale=language)
