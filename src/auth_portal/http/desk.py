"""What every handler has at hand: the flows, and the tools of this room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from auth_portal.http.cookies import Cookies
from auth_portal.http.flows import Flows
from auth_portal.http.origins import Origins
from auth_portal.http.problems import Problems
from auth_portal.http.refresh_source import RefreshSource
from auth_portal.http.rules import HttpRules
from auth_portal.http.visitor import Visitors

if TYPE_CHECKING:
    from auth_portal.http.pages.dev_mail import DevMail
    from auth_portal.http.pages.docs import Reference


class HttpMetrics(Protocol):
    """What is counted here, and how it is read."""

    def request(self, route: str, status: int, seconds: float) -> None:
        """One request was answered; `route` is a path of the table, never one as it came."""

    def stranger_proxy(self) -> None:
        """A private peer that is no trusted proxy sent forwarded headers."""

    def render(self) -> bytes:
        """The exposition format of Prometheus."""


@dataclass(frozen=True)
class Desk:
    """Made once at start; handlers are given it with each call.

    `ready` raises whatever is wrong; `labels` names the providers that have credentials.
    """

    flows: Flows
    rules: HttpRules
    cookies: Cookies
    source: RefreshSource
    origins: Origins
    visitors: Visitors
    problems: Problems
    labels: Mapping[str, str]
    ready: Callable[[], Awaitable[None]]
    jwks: Callable[[], Mapping[str, object]]
    metrics: HttpMetrics
    version: str
    reference: Reference
    dev_mail: DevMail | None
