"""Runs the server: one process, or several under a supervisor, each with a portal of its own."""

import asyncio
import gc
import sys
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from auth_portal.app import Background, Portal, WrongRootSecret, open_portal
from auth_portal.core.log import Log
from auth_portal.core.refusal import UNAVAILABLE, Refusal
from auth_portal.http.app import build_app
from auth_portal.http.server import die_with_parent, ending_at_once, run_server, tell_of_the_end
from auth_portal.logs import make_log
from auth_portal.mail.folder import FolderInbox
from auth_portal.memory import share_one_arena
from auth_portal.settings.settings import Settings, settings_here
from auth_portal.storage.stores import NewerSchemaError, StorageError

FACTORY = "auth_portal.serving:worker"
CANNOT_START = WrongRootSecret, StorageError, Refusal, ValueError  # the last: a driver, of an address
NEVER = WrongRootSecret, NewerSchemaError, ValueError  # of these: restarting does not help
DONE, FAILED, UNUSABLE = 0, 1, 2  # statuses, as docs/operations.md tells them
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between two looks for a database that is away
TURN = 0.0005  # seconds: SQLite's writer wants the interpreter a few times for each commit, and soon


class Application:
    """The ASGI callable: opens a portal at lifespan start-up, closes it at the end.

    One that leaves migrating to its parent also waits for a database that is away: when the parent
    began it was there, and to give up would end the workers that will serve again in a moment.
    """

    def __init__(self, settings: Settings, log: Log, *, migrate: bool) -> None:
        self.settings = settings
        self.log = log
        self.migrate = migrate
        self.app: Any = None
        self.fault: Exception | None = None  # why it did not start

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """Hand requests on; look after the lifespan oneself. What is returned is awaited by the server."""
        if scope["type"] == "http":
            answering: Awaitable[None] = self.app(scope, receive, send)
            return answering
        return self._live(receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        """Open, wait, close. A start that fails says why in one line, not in a traceback."""
        await receive()
        share_one_arena()
        try:
            portal = await self._open()
        except CANNOT_START as fault:
            self.fault = fault
            self.log.error("cannot start", reason=_said(fault))  # noqa: TRY400 -- the sentence says it; a trace would not
            await send({"type": "lifespan.startup.failed", "message": ""})
            return
        background = Background(portal)
        background.start()
        tell_of_the_end(background.leave)
        gc.collect()
        gc.freeze()  # what is here stays: later collections need not look at it (halves refresh p99)
        gc.set_threshold(20_000, 10, 10)
        sys.setswitchinterval(TURN)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        try:
            await background.stop()
        finally:
            await portal.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _portal(self) -> Portal:
        """Opened as this process may."""
        return await open_portal(self.settings, self.log, migrate=self.migrate, newer_too=not self.migrate)

    async def _open(self) -> Portal:
        """The portal, and the front over it. Raises what opening it raises; then nothing stays open."""
        try:
            portal = await self._portal()
        except Refusal as fault:
            if self.migrate or fault.refused is not UNAVAILABLE:
                raise
            self.log.warning("waits for the database", cause=fault.cause)
            with ending_at_once():
                portal = await self._open_when_back()
        try:
            self.app = self._front(portal)
        except BaseException:
            await portal.close()
            raise
        return portal

    async def _open_when_back(self) -> Portal:
        """As soon as the database answers again. Raises what waiting does not mend."""
        pause = SHORTEST_PAUSE
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                portal = await self._portal()
            except Refusal as fault:
                if fault.refused is not UNAVAILABLE:
                    raise
            else:
                self.log.info("the database is back")
                return portal

    def _front(self, portal: Portal) -> Any:
        """The HTTP room over the flows."""
        wiring = portal.wiring
        return build_app(
            portal.flows,
            self.settings.http,
            ready=portal.stores.ping,
            jwks=wiring.keys.jwks,
            providers={one.name: one.label for one in self.settings.social.providers},
            metrics=wiring.metrics,
            log=self.log,
            clock=wiring.clock,
            inbox=self._inbox(),
        )

    def _inbox(self) -> FolderInbox | None:
        """Letters to look at, while they go to a folder and nowhere else."""
        return FolderInbox(self.settings.mail.folder) if self.settings.mail.host is None else None


def worker() -> Application:
    """One of several workers: reads the settings again, leaves migrating to the parent."""
    die_with_parent()
    settings = settings_here()
    return Application(settings, _log(settings), migrate=False)


def _log(settings: Settings) -> Log:
    """The server's log."""
    return make_log(settings.log_format, settings.log_level, settings.environment == "production")


def serve(settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit status."""
    log = _log(settings)
    for warning in settings.warnings:
        log.warning(warning)
    _greet(settings)
    if settings.workers > 1:
        fault = asyncio.run(_prepare(settings, log))
        ok = fault is None and run_server(FACTORY, settings.host, settings.port, workers=settings.workers)
    else:
        alone = Application(settings, log, migrate=True)
        ok = run_server(alone, settings.host, settings.port)
        fault = alone.fault
    if ok:
        return DONE
    return UNUSABLE if isinstance(fault, NEVER) else FAILED


async def _prepare(settings: Settings, log: Log) -> Exception | None:
    """What the parent of several workers does once: migrate, look at the root secret, make a first key.

    Returns why it could not.
    """
    try:
        portal = await open_portal(settings, log, migrate=True)
    except CANNOT_START as fault:
        log.error("cannot start", reason=_said(fault))  # noqa: TRY400 -- a sentence for an operator, no traceback
        return fault
    await portal.close()
    return None


def _said(fault: Exception) -> str:
    """Why there is no start, and what to look at."""
    if isinstance(fault, Refusal):
        return f"the database does not answer: {fault.cause}. See DATABASE_URL, and that the database runs"
    return str(fault)


def _greet(settings: Settings) -> None:
    """Say where everything is, to a person who has just started it."""
    if settings.environment == "production":
        return
    origin = settings.http.backend
    lines = [
        f"Auth Portal       {origin}",
        f"API documentation {origin}/docs",
    ]
    if settings.http.dev_inbox:
        lines.append(f"Dev inbox         {origin}/dev/mail")
    lines.append(f"Data              {settings.data_dir}")
    with suppress(OSError):  # nowhere to write is no reason not to serve
        sys.stderr.write("\n".join(f"  {line}" for line in lines) + "\n")
        sys.stderr.flush()
