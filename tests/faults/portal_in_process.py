"""A whole portal inside the test's process: any port call may fail, before or after it, or be another one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from auth_portal.accounts.account import Account
from auth_portal.app import Portal, open_portal
from auth_portal.core.refusal import unavailable
from auth_portal.serving import Application
from auth_portal.settings.settings import read_settings
from auth_portal.storage.stores import Stores
from auth_portal.wiring import Wiring
from tests.rig.letters import Letters
from tests.rig.logbook import Logbook
from tests.rig.server import ROOT_SECRET

PORTS = ("accounts", "sessions", "devices", "tickets", "outbox", "journal")
PASSWORD = "violet kettle under snow 7"

Instead = Callable[..., Awaitable[Any]]
"""Called with the real method and what it was given."""


@dataclass
class Fault:
    """Counts the port calls of a request; at number `at` it raises, before the call or after it.

    `cause` makes what is raised: a 503 of the storage, or a mistake that nobody foresaw. `instead` names
    what is done in place of a method, such as `sessions.find`, every time.
    """

    at: int | None = None
    after: bool = False
    cause: Callable[[], Exception] = lambda: unavailable("a fault of the test")
    calls: int = 0
    name: str = ""
    instead: dict[str, Instead] = field(default_factory=dict)

    def arm(self, at: int | None, *, after: bool = False, mistake: bool = False) -> None:
        """From now on; None: only count."""
        self.at, self.after, self.calls, self.name = at, after, 0, ""
        self.cause = _mistake if mistake else (lambda: unavailable("a fault of the test"))

    def strikes(self) -> bool:
        """It is this call's turn."""
        self.calls += 1
        return self.at is not None and self.calls == self.at + 1


def _mistake() -> Exception:
    """Nothing that a flow expects."""
    return RuntimeError("a mistake of the test")


class FaultyPort:
    """A real port behind the fault: what it does not stop is really done, on a real database."""

    def __init__(self, port: object, name: str, fault: Fault) -> None:
        self._port, self._name, self._fault = port, name, fault

    def __getattr__(self, method: str) -> Any:
        """The port's method, watched."""
        real = getattr(self._port, method)

        async def call(*given: Any, **named: Any) -> Any:
            strikes = self._fault.strikes()
            if strikes:
                self._fault.name = f"{self._name}.{method}"
            if strikes and not self._fault.after:
                raise self._fault.cause()
            other = self._fault.instead.get(f"{self._name}.{method}")
            done = await (real(*given, **named) if other is None else other(real, *given, **named))
            if strikes:
                raise self._fault.cause()
            return done

        return call


@dataclass(frozen=True)
class InProcess:
    """The portal, its fault, a client that speaks HTTP to it, and its letters."""

    portal: Portal
    fault: Fault
    client: httpx.AsyncClient
    log: Logbook
    folder: Path

    @property
    def letters(self) -> Letters:
        """What was written to the folder."""
        return Letters(self.folder / "mail")

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """POST behind the API's prefix."""
        return await self.send("POST", path, body, **headers)

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Any method; no cookie is kept, as in an app."""
        self.client.cookies.clear()
        json = {} if body is None else {"json": body}
        return await self.client.request(method, f"/api{path}", headers=headers, **json)

    async def a_person(self, email: str = "ada@example.org") -> tuple[Account, str]:
        """Somebody who is signed up, from a device that is forgotten; and the refresh token."""
        said = {"firstName": "Ada", "lastName": "Lovelace", "email": email, "password": PASSWORD}
        answer = await self.post("/auth/register", said)
        assert answer.status_code == 201
        account = await self.portal.stores.accounts.find_by_email(email)
        assert account is not None
        await self.portal.stores.devices.forget(account.id)
        return account, answer.json()["refreshToken"]

    async def sign_in(self, account: Account) -> int:
        """The status."""
        said = {"email": account.email, "password": PASSWORD}
        return (await self.post("/auth/login", said)).status_code

    async def refresh(self, token: str) -> int:
        """The status."""
        return (await self.post("/auth/refresh", refresh=token)).status_code

    async def posted(self, kind: str) -> int:
        """How many letters of that kind."""
        page = await self.portal.stores.outbox.page(None, 999)
        return [letter.kind.value for letter in page].count(kind)

    async def events(self, account: Account) -> list[str]:
        """What the journal says of the person, oldest first."""
        page = await self.portal.stores.journal.of(account.id, None, 99)
        return [event.kind.value for event in reversed(page)]


@asynccontextmanager
async def a_portal(folder: Path, url: str | None = None, **more: str) -> AsyncIterator[InProcess]:
    """On SQLite in the folder, or on the migrated database of that URL, with cheap hashes."""
    values = {
        "APP_ENV": "test",
        "DATA_DIR": str(folder),
        "AUTH_REFRESH_SECRET": ROOT_SECRET,
        "BACKEND_DOMAIN": "http://localhost",
        "RATE_LIMITS": "off",
        "PASSWORD_HASH_COST": "least",
        **({} if url is None else {"DATABASE_URL": url}),
        **more,
    }
    settings = read_settings(values)
    log, fault = Logbook(), Fault()
    opened = await open_portal(settings, log)
    made = opened.wiring
    stores = _faulty(opened.stores, fault)
    portal = Portal(settings, stores, Wiring(settings, stores, made.keys, made.clock, log, made.metrics))
    front = Application(settings, log, migrate=False)._front(portal)
    transport = httpx.ASGITransport(front)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            yield InProcess(portal, fault, client, log, folder)
    finally:
        await portal.close()
        await asyncio.sleep(0.05)  # connections that were cut close a turn later


def _faulty(stores: Stores, fault: Fault) -> Stores:
    """Every port behind the fault; the database itself stays as it is."""
    behind: dict[str, Any] = {name: FaultyPort(getattr(stores, name), name, fault) for name in PORTS}
    return replace(stores, **behind)
