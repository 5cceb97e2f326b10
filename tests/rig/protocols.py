"""Our protocol inside the test's own loop, in front of an application of the test's."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from auth_portal.http.answer import Answer, Dress
from auth_portal.http.call import Call
from auth_portal.http.origins import origins_of
from auth_portal.http.outlet import Outlet
from auth_portal.http.protocol import BoundedProtocol
from tests.rig.wire import Said

KEPT_ALIVE = 1  # seconds, in the servers of these tests
PATIENCE = 20.0  # seconds, for a busy machine
OUTLET = Outlet(dict.fromkeys(Dress, ()), origins_of(frozenset()))

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


@dataclass
class Server:
    """Our protocol inside the test's own loop, in front of an application of the test's."""

    address: tuple[str, int]
    made: list[weakref.ref[BoundedProtocol]] = field(default_factory=list)
    dialed: list[asyncio.StreamWriter] = field(default_factory=list)

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One connection to it."""
        reader, writer = await asyncio.open_connection(*self.address)
        self.dialed.append(writer)
        return reader, writer


@asynccontextmanager
async def serving(app: App, kept_alive: int = KEPT_ALIVE) -> AsyncIterator[Server]:
    """Let it listen; an idle connection is kept for so many seconds."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=kept_alive,
    )
    config.load()
    state = uvicorn.Server(config).server_state
    server = Server(("", 0))

    def make() -> BoundedProtocol:
        made = BoundedProtocol(config=config, server_state=state, app_state={})
        server.made.append(weakref.ref(made))
        return made

    listener = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    server.address = listener.sockets[0].getsockname()
    try:
        yield server
    finally:
        listener.close()
        for writer in server.dialed:  # uvloop cannot end while one is open
            writer.transport.abort()
        await asyncio.sleep(0.05)


def answering(body: bytes = b"{}", pause: asyncio.Event | None = None) -> App:
    """An application that gives one answer, in the way ours does, once it may."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if pause is not None:
            await pause.wait()
        await OUTLET(Answer(200, body), Call(scope, receive, "trace"), send)

    return app


async def until(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for it; it must come."""
    async with asyncio.timeout(seconds):
        while not what():  # noqa: ASYNC110 -- there is nothing to wait on
            await asyncio.sleep(0.01)


async def all_of(reader: asyncio.StreamReader) -> Said:
    """What comes until the server closes; it must."""
    async with asyncio.timeout(PATIENCE):
        return Said(await reader.read())
