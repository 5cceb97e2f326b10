"""The shipped list of common passwords, read once when it is first needed."""

from functools import cache
from importlib.resources import files


@cache
def common_passwords() -> frozenset[str]:
    """Some 28,000 passwords of six characters or more, lower case (ASVS 5.0 6.2.4)."""
    text = files("auth_portal.passwords").joinpath("common_passwords.txt").read_text("ascii")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
