"""Reads single values out of the environment and collects every mistake instead of stopping at one."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

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
DURATION = re.compile(r"([0-9]{1,9})\s*(ms|s|m|h|d|w|y)")
LONGEST = timedelta(days=365_250)  # dates end with the year 9999
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?")
USUAL_PORTS = {"http": 80, "https": 443}
SEGMENT = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
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


def is_in_clear(url: str) -> bool:
    """Without TLS, and not on this machine."""
    return urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname)


def parse_duration(text: str) -> timedelta:
    """`15m`, `24h`, `3650d`, `90s`, `500ms`. Raises ValueError for anything else."""
    match = DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError("must be a duration such as 15m, 24h, 3d, 90s or 500ms")
    count, unit = int(match[1]), UNITS[match[2]]
    if count > LONGEST / unit:
        raise ValueError("must be at most 1000y")
    return count * unit


def parse_origin(text: str) -> str:
    """An origin as browsers write it: scheme, host, and the port unless it is the scheme's own.

    It is compared letter by letter with what they send. Raises ValueError for anything else.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in USUAL_PORTS or not parts.hostname or "*" in text:
        raise ValueError("must be an origin such as https://app.example.com (no wildcard)")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an origin without path, query or user")
    return f"{parts.scheme}://{_host_of(parts)}{_port_of(parts)}"


def parse_url(text: str) -> str:
    """An http or https URL with a host, as it may stand in a header. Raises ValueError for anything else."""
    parts = urlsplit(text)
    if parts.scheme not in USUAL_PORTS or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError("must be a URL such as https://www.example.com/path")
    _host_of(parts)
    _port_of(parts)
    if not text.isascii():
        raise ValueError("must be written in ASCII: other letters as %C3%BC and the like")
    return text


def _host_of(parts: SplitResult) -> str:
    """The host that a URL names, as browsers write it. Raises ValueError when it is none."""
    host = parts.hostname or ""
    if not parts.netloc.isascii():  # browsers name it so in `Origin`, and headers carry nothing else
        raise ValueError("must be written in ASCII: an international name by its xn-- form")
    if ":" in host:
        return f"[{ip_address(host).compressed}]"
    if HOST.fullmatch(host) is None:
        raise ValueError("must name a host of letters, digits, dots and hyphens")
    return host


def _port_of(parts: SplitResult) -> str:
    """`:8443`, or "" for the scheme's own. Raises ValueError, in our words, when it is none."""
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("must name a port from 1 to 65535")
    return "" if port in {None, USUAL_PORTS[parts.scheme]} else f":{port}"


def parse_prefix(text: str) -> str:
    """The path before the API's addresses, with one slash before and none behind. Raises ValueError."""
    bare = text.strip("/")
    if not all(SEGMENT.fullmatch(part) for part in bare.split("/")):
        raise ValueError("must be one or more segments of a path, such as api or api/v1")
    return f"/{bare}"


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

    def parsed(self, name: str, parse: Callable[[str], T], default: T, *, told: bool = True) -> T:
        """The value through `parse`; a ValueError of it becomes a mistake with the variable's name.

        With `told=False` the value is not repeated: it may hold a secret.
        """
        value = self.text(name)
        if value is None:
            return default
        try:
            return parse(value)
        except ValueError as fault:
            self.wrong(name, f"{fault} (is {value!r})" if told else str(fault))
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
