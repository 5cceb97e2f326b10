"""Reading the query string: each parameter once, and only what is asked for."""

from urllib.parse import parse_qsl

from auth_portal.core.refusal import invalid
from auth_portal.http.call import Call
from auth_portal.http.refusals import BAD_REQUEST, HttpRefusal

MOST_FIELDS = 50


def read_query(call: Call) -> dict[str, str]:
    """The parameters. Raises BAD_REQUEST for one that stands twice, or text nobody can keep."""
    raw = call.scope["query_string"].decode("latin-1")
    if not raw:
        return {}
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise HttpRefusal(BAD_REQUEST) from None
    said = dict(pairs)
    if len(said) != len(pairs) or any("\0" in value for value in said.values()):
        raise HttpRefusal(BAD_REQUEST)
    return said


def whole(said: dict[str, str], name: str, least: int, most: int, otherwise: int) -> int:
    """A whole number within bounds. Raises a validation refusal."""
    text = said.get(name, "")
    if not text:
        return otherwise
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not digits or not least <= int(text) <= most:
        raise invalid(**{name: f"{name} must be an integer from {least} to {most}"})
    return int(text)
