"""Reads single values out of the environment and collects every mistake instead of stopping at one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365.25),
}
DURATION = re.compile(r"(\d{1,9})\s*(ms|s|m|h|d|w|y)")
TRUE = {"true", "1", "yes", "on"}
FALSE = {"false", "0", "no", "off"}


class BadSettings(Exception):  # noqa: N818 -- it names what is wrong with the settings, all at once
    """The environment cannot be used; `mistakes` says everything that is wrong with it."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def is_loopback(host: str | None) -> bool:
    """The host can only be this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def parse_duration(text: str) -> timedelta:
    """`15m`, `24h`, `3650d`, `90s`, `500ms`. Raises ValueError for anything else."""
    match = DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError("must be a duration such as 15m, 24h, 3d, 90s or 500ms")
    return int(match[1]) * UNITS[match[2]]


def parse_origin(text: str) -> str:
    """Scheme, host and port, without a trailing slash. Raises ValueError for anything else."""
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or "*" in text:
        raise ValueError("must be an origin such as https://app.example.com (no wildcard)")
    if not parts.netloc.isascii():  # browsers name it so in `Origin`, and headers carry nothing else
        raise ValueError("must be written in ASCII: an international name by its xn-- form")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an origin without path, query or user")
    _ = parts.port  # raises ValueError when it is no number
    return f"{parts.scheme}://{parts.netloc}".lower()


@dataclass
class Reader:
    """The environment's values. An empty value counts as absent; `given` tells the difference."""

    values: Mapping[str, str]
    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def given(self, name: str) -> bool:
        """The variable is there at all, even if empty."""
        return name in self.values

    def text(self, name: str) -> str | None:
        """The trimmed value, None when absent or empty."""
        self.asked.add(name)
        value = self.values.get(name, "").strip()
        return value or None

    def parsed(self, name: str, parse: Callable[[str], T], default: T) -> T:
        """The value through `parse`; a ValueError of it becomes a mistake with the variable's name."""
        value = self.text(name)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as fault:
            self.wrong(name, f"{fault} (is {value!r})")
            return default

    def duration(
        self, name: str, default: timedelta, *, least: timedelta = timedelta(0), most: timedelta | None = None
    ) -> timedelta:
        """A duration within bounds."""

        def parse(text: str) -> timedelta:
            value = parse_duration(text)
            if value < least or (most is not None and value > most):
                raise ValueError(f"must be at least {least}" + (f" and at most {most}" if most else ""))
            return value

        return self.parsed(name, parse, default)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""

        def parse(text: str) -> int:
            if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
                raise ValueError(f"must be a whole number from {least} to {most}")
            return int(text)

        return self.parsed(name, parse, default)

    def switch(self, name: str, default: bool) -> bool:
        """True or false, on or off, yes or no, 1 or 0."""

        def parse(text: str) -> bool:
            if text.lower() not in TRUE | FALSE:
                raise ValueError("must be true or false")
            return text.lower() in TRUE

        return self.parsed(name, parse, default)

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        """One of the options, compared without case."""

        def parse(text: str) -> str:
            for option in options:
                if option.lower() == text.lower():
                    return option
            raise ValueError("must be one of " + ", ".join(options))

        return self.parsed(name, parse, default)

    def wrong(self, name: str, what: str) -> None:
        """Note a mistake about a variable."""
        self.mistakes.append(f"{name}: {what}")

    def warn(self, text: str) -> None:
        """Note something that works but should not stay so."""
        self.warnings.append(text)
