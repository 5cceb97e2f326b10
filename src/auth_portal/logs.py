"""The log: JSON lines in production, readable lines on a terminal; never a secret in either."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from auth_portal.core.log import Log

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


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
    _send_others_here(target, as_json)
    made: Log = structlog.wrap_logger(
        structlog.PrintLogger(target),
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return made


def _drop_empty(_logger: object, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Facts that say nothing stay out of the line."""
    return {name: value for name, value in line.items() if value is not None and value != ""}


def _send_others_here(target: TextIO, as_json: bool) -> None:
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
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            )
        )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
