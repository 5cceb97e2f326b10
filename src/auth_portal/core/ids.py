"""Names for new things: UUID version 7, so that they sort by the time they were made."""

import re
from datetime import datetime

from auth_portal.core.clock import to_milliseconds
from auth_portal.core.secrets import Randomness

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # what `new_id` makes: no path can hide in it


def new_id(now: datetime, randomness: Randomness) -> str:
    """A UUIDv7 in its 36-character text form (RFC 9562 section 5.7): 48 bits of time, 74 random."""
    milliseconds = to_milliseconds(now) & 0xFFFF_FFFF_FFFF
    noise = int.from_bytes(randomness(10))
    value = milliseconds << 80 | 0x7 << 76 | (noise >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | noise & 0x3FFF_FFFF_FFFF_FFFF
    return as_uuid(f"{value:032x}")


def as_uuid(digits: str) -> str:
    """The usual way to write 32 hexadecimal digits (RFC 9562 section 4)."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
