"""Builders for the pure tests of the HTTP room: a request, settings, an application without a house."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import httpx

from auth_portal.core.clock import system_clock
from auth_portal.http.app import App, build_app
from auth_portal.http.call import Call
from auth_portal.http.flows import Flows
from auth_portal.http.rules import HttpRules
from tests.pure.builders import Heard

ORIGIN = "https://app.example.com"
RULES = HttpRules(
    backend="https://id.example.com",
    prefix="/api",
    frontend=ORIGIN,
    origins=frozenset({ORIGIN, "https://id.example.com"}),
    production=True,
    trusted_proxies=(),
    metrics_token="operators only, please",
    portal=False,
    dev_inbox=False,
    app_name="Example",
    accent="#3b5bdb",
    logo_url=None,
    refresh_lifetime=timedelta(days=30),
    cookie_lifetime=timedelta(days=30),
    device_lifetime=timedelta(days=400),
)


def a_call(
    headers: list[tuple[str, str]] | None = None, *, peer: str = "203.0.113.9", query: str = ""
) -> Call:
    """A request with these headers, without a body."""
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers or []]
    scope = {"type": "http", "headers": raw, "client": (peer, 50_000), "query_string": query.encode()}

    async def nothing() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    return Call(scope, nothing, "trace")


@dataclass
class Counted:
    """What the application counts."""

    requests: list[tuple[str, int]] = field(default_factory=list)
    strangers: int = 0

    def request(self, route: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.requests.append((route, status))

    def stranger_proxy(self) -> None:
        self.strangers += 1

    def render(self) -> bytes:
        return b"# nothing\n"


class NoDevices:
    """Reads no cookie."""

    def read(self, cookie: str) -> str | None:
        del cookie
        return None


@dataclass
class Front:
    """An application with these flows, and what it counted and logged."""

    app: App
    counted: Counted
    heard: Heard

    async def ask(self, method: str, path: str, **rest: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(rest.pop("peer", "203.0.113.9"), 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=RULES.backend) as client:
            return await client.request(method, path, **rest)


def a_front(flows: dict[str, Any] | None = None, **changes: Any) -> Front:
    """`flows` are those that the test expects to be called; any other would fail loudly."""

    async def ready() -> None:
        return None

    given = type("Given", (), {"device_cookies": NoDevices(), **(flows or {})})()
    counted, heard = Counted(), Heard()
    providers = changes.pop("providers", {})
    app = build_app(
        cast(Flows, given),
        replace(RULES, **changes),
        ready=ready,
        jwks=lambda: {"keys": []},
        providers=providers,
        metrics=counted,
        log=heard,
        clock=system_clock,
    )
    return Front(app, counted, heard)
