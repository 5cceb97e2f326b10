"""The log: JSON lines in production, readable lines on a terminal; never a secret in either."""

import json
import logging
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol, TextIO, cast

from auth_portal.core.log import Log

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class Stream(Protocol):
    """What a log is written to."""

    def write(self, text: str) -> int:
        """Add to it."""

    def flush(self) -> None:
        """Let go of what waits."""


class PatientStream:
    """A stream on which writing never fails: a full disk must not turn answers into errors."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write if it can be written; else the line is lost."""
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Let go of what waits, if that is possible."""
        with suppress(OSError, ValueError):
            self._stream.flush()


class JsonLog:
    """One JSON object a line: the facts that say something, the event, its level, the time.

    Written here, since structlog brings a console's library along, which is a tenth of what a
    server takes to start and a twelfth of its memory.
    """

    def __init__(self, stream: Stream, level: str) -> None:
        self._stream = stream
        self._least = LEVELS[level]
        self._one_at_a_time = Lock()

    def info(self, event: str, **facts: object) -> None:
        """See the protocol."""
        self._say("info", event, facts)

    def warning(self, event: str, **facts: object) -> None:
        """See the protocol."""
        self._say("warning", event, facts)

    def error(self, event: str, **facts: object) -> None:
        """See the protocol."""
        self._say("error", event, facts)

    def _say(self, level: str, event: str, facts: dict[str, object]) -> None:
        """A whole line, unless the level is one that nobody wants to read."""
        if LEVELS[level] < self._least:
            return
        said = _without_empty({**facts, "event": event, "level": level, "timestamp": _now()})
        with self._one_at_a_time:
            self._stream.write(_one_line(said) + "\n")
            self._stream.flush()


class JsonFormatter(logging.Formatter):
    """What libraries log, in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, with the traceback in it where there is one."""
        said: dict[str, object] = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": _now(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            said["exception"] = "".join(traceback.format_exception(record.exc_info[1])).removesuffix("\n")
        return _one_line(said)


def make_log(form: str, level: str, production: bool, stream: TextIO | None = None) -> Log:
    """A logger on `stream` (default: standard error). `form` is auto, json or text."""
    target = stream or sys.stderr
    patient = PatientStream(target)
    others = logging.StreamHandler(patient)
    made: Log
    if form == "json" or (form == "auto" and (production or not target.isatty())):
        made = JsonLog(patient, level)
        others.setFormatter(JsonFormatter())
    else:
        made = _readable(patient, level, colours=target.isatty())
    root = logging.getLogger()
    root.handlers[:] = [others]
    root.setLevel(logging.WARNING)
    return made


def _readable(stream: Stream, level: str, *, colours: bool) -> Log:
    """For a person who reads along."""
    import structlog  # noqa: PLC0415 -- heavy, and nobody reads along in production

    made: Log = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", stream)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            lambda _logger, _name, line: _without_empty(line),
            structlog.dev.ConsoleRenderer(colors=colours, pad_event_to=32),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return made


def _without_empty(line: Any) -> dict[str, Any]:
    """Facts that say nothing stay out of the line."""
    return {name: value for name, value in line.items() if value is not None and value != ""}


def _one_line(said: dict[str, object]) -> str:
    """What JSON has no word for is written as Python does."""
    return json.dumps(said, default=repr)


def _now() -> str:
    """When this is written: the machine's own time, whatever clock the rooms go by."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
