"""The log: JSON lines in production, readable lines on a terminal; never a secret in either."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from auth_portal.core.log import Log

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


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


def make_log(form: str, level: str, production: bool, stream: TextIO | None = None) -> Log:
    """A logger on `stream` (default: standard error). `form` is auto, json or text."""
    target = stream or sys.stderr
    as_json = form == "json" or (form == "auto" and (production or not target.isatty()))
    renderer: Any
    if as_json:
        renderer = structlog.processors.JSONRenderer(sort_keys=False)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=target.isatty(), pad_event_to=32)
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _drop_empty,
        renderer,
    ]
    patient = PatientStream(target)
    _send_others_here(patient, as_json)
    made: Log = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", patient)),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return made


def _drop_empty(_logger: object, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Facts that say nothing stay out of the line."""
    return {name: value for name, value in line.items() if value is not None and value != ""}


def _send_others_here(target: PatientStream, as_json: bool) -> None:
    """Warnings of libraries (the HTTP server's, the driver's) in the same form, on the same stream."""
    handler = logging.StreamHandler(target)
    if as_json:
        handler.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=[
                    structlog.stdlib.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                ],
                processors=[
                    structlog.processors.format_exc_info,
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            )
        )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
