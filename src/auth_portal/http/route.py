"""One line of the table of routes: from it come dispatch, 405s, the OpenAPI document and the guards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from auth_portal.http.answer import Answer
from auth_portal.http.bodies import Body
from auth_portal.http.call import Call

if TYPE_CHECKING:
    from auth_portal.http.desk import Desk

Handler = Callable[["Desk", Call], Awaitable[Answer]]


class Guard(Enum):
    """Which credential a route asks for, and who checks it."""

    NONE = "none"
    ACCESS = "access"  # checked before the body is read; `call.who`
    REFRESH = "refresh"  # read by the handler: four ways (refresh_source.py)
    ANY = "any"  # any token of ours
    OPERATOR = "operator"  # loopback, or METRICS_TOKEN


@dataclass(frozen=True, slots=True)
class Says:
    """One documented answer: `shape` is a struct, None for an empty body, a media type for others."""

    status: int
    about: str
    shape: type | str | None = None
    cookie: bool = False
    file: bool = False  # to be kept under a name


@dataclass(frozen=True, slots=True)
class Query:
    """One documented query parameter."""

    name: str
    about: str
    schema: dict[str, object]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """`limit` names the bucket that the flow counts in; it is here so that 429 is documented.

    `path` may hold `{id}` and `{provider}`. `refuses` are further statuses that may come.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    says: tuple[Says, ...]
    guard: Guard = Guard.NONE
    body: Body | None = None
    limit: str | None = None
    refuses: tuple[int, ...] = ()
    query: tuple[Query, ...] = ()
    tag: str = "other"
    documented: bool = True

    @property
    def unsafe(self) -> bool:
        """It may change something."""
        return self.method not in {"GET", "HEAD"}
