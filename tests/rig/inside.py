"""A whole portal inside the test's process, whose database may be told to fail in one place."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from auth_portal.accounts.account import Account
from auth_portal.app import Portal, open_portal
from auth_portal.serving import Application
from auth_portal.settings.settings import read_settings
from auth_portal.storage.stores import Stores
from auth_portal.wiring import Wiring
from tests.rig.logbook import Logbook
from tests.rig.server import ROOT_SECRET

PORTS = ("accounts", "sessions", "devices", "outbox", "journal")
PASSWORD = "violet kettle under snow 7"

Instead = Callable[..., Awaitable[Any]]
"""Called with the real method and what it was given."""


@dataclass(frozen=True)
class Port:
    """A port whose methods are the real ones unless something else is to happen."""

    real: Any
    name: str
    instead: dict[str, Instead]

    def __getattr__(self, method: str) -> Any:
        """The method, looked up when it is called."""

        async def call(*given: Any, **named: Any) -> Any:
            real = getattr(self.real, method)
            other = self.instead.get(f"{self.name}.{method}")
            return await (real(*given, **named) if other is None else other(real, *given, **named))

        return call


@dataclass
class Inside:
    """The portal's front door as a client, and the real stores behind it."""

    stores: Stores
    portal: Portal
    client: httpx.AsyncClient
    log: Logbook
    instead: dict[str, Instead] = field(default_factory=dict)

    async def post(self, path: str, body: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        """One request of a browser without cookies."""
        self.client.cookies.clear()
        return await self.client.post(f"/api{path}", headers=headers, **({"json": body} if body else {}))

    async def a_person(self, email: str = "ada@example.org") -> tuple[Account, str]:
        """Somebody who is signed up, from a device that is forgotten; and the refresh token."""
        said = {"firstName": "Ada", "lastName": "Lovelace", "email": email, "password": PASSWORD}
        answer = await self.post("/auth/register", said)
        assert answer.status_code == 201
        account = await self.stores.accounts.find_by_email(email)
        assert account is not None
        await self.stores.devices.forget(account.id)
        return account, answer.json()["refreshToken"]

    async def sign_in(self, account: Account) -> int:
        """The status."""
        said = {"email": account.email or "", "password": PASSWORD}
        return (await self.post("/auth/login", said)).status_code

    async def refresh(self, token: str) -> int:
        """The status."""
        return (await self.post("/auth/refresh", refresh=token)).status_code

    async def letters(self, kind: str) -> int:
        """How many of that kind were posted."""
        return [letter.kind.value for letter in await self.stores.outbox.page(None, 999)].count(kind)

    async def events(self, account: Account) -> list[str]:
        """What the journal says of the person, oldest first."""
        page = await self.stores.journal.of(account.id, None, 99)
        return [event.kind.value for event in reversed(page)]


@asynccontextmanager
async def inside(folder: Path, url: str | None = None, **settings: str) -> AsyncIterator[Inside]:
    """On SQLite, or on the migrated database of that URL; nothing is sent, no limit counts."""
    values = {
        "APP_ENV": "test",
        "DATA_DIR": str(folder),
        "AUTH_REFRESH_SECRET": ROOT_SECRET,
        "BACKEND_DOMAIN": "http://localhost",
        "RATE_LIMITS": "off",
        "PASSWORD_HASH_COST": "least",  # `**REAL_HASHES` where that matters
        **({} if url is None else {"DATABASE_URL": url}),
        **settings,
    }
    chosen, log = read_settings(values), Logbook()
    opened = await open_portal(chosen, log)
    found = Inside(opened.stores, opened, httpx.AsyncClient(), log)
    ports = {name: Port(getattr(opened.stores, name), name, found.instead) for name in PORTS}
    stores = replace(opened.stores, **ports)
    own = opened.wiring
    found.portal = Portal(chosen, stores, Wiring(chosen, stores, own.keys, own.clock, log, own.metrics))
    front = httpx.ASGITransport(Application(chosen, log, migrate=False)._front(found.portal))
    try:
        async with httpx.AsyncClient(
            transport=front, base_url="http://localhost", timeout=60
        ) as found.client:
            yield found
    finally:
        await found.portal.close()
        await asyncio.sleep(0.05)  # connections that were cut close a turn later
