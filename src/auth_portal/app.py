"""Opens a portal: the database, the root secret, the keys, then every room, wired (`wiring.py`)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property

from auth_portal.core.clock import Clock, movable_clock, system_clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import Refusal
from auth_portal.core.secrets import system_randomness
from auth_portal.entry.decoy import lay_decoy
from auth_portal.http.flows import Flows
from auth_portal.memory import return_memory
from auth_portal.metrics import Metrics
from auth_portal.sessions.keys import KeyRoom
from auth_portal.settings.settings import Settings
from auth_portal.storage.stores import NewerSchemaError, Stores
from auth_portal.wired_flows import wire_flows
from auth_portal.wiring import Wiring


class WrongRootSecret(Exception):  # noqa: N818 -- it names what is wrong
    """The database was made under another root secret: signing everyone out is not an option."""


@dataclass(frozen=True)
class Portal:
    """A whole Auth Portal, opened: its settings, its stores, its rooms and its flows."""

    settings: Settings
    stores: Stores
    wiring: Wiring

    @cached_property
    def flows(self) -> Flows:
        """What HTTP sets in motion; built when first asked for."""
        return wire_flows(self.wiring)

    async def close(self) -> None:
        """Let go of everything, the database last."""
        made = vars(self.wiring)
        if "providers" in made:
            await self.wiring.providers.close()
        for close in self.wiring.closers:
            await close()
        if "hasher" in made:
            self.wiring.hasher.close()
        await self.stores.close()


async def open_stores(settings: Settings, log: Log) -> Stores:
    """The ports on the database that the settings name; its driver is imported only then."""
    if settings.storage.engine == "mongodb":
        from auth_portal.storage.mongo.open import open_mongo  # noqa: PLC0415 -- see above

        return await open_mongo(settings.storage, log)
    from auth_portal.storage.sql.open import open_sql  # noqa: PLC0415 -- see above

    return await open_sql(settings.storage, log)


def choose_clock(settings: Settings) -> Clock:
    """The machine's clock; a movable one only with APP_ENV=test (settings refuse it elsewhere)."""
    offset = settings.clock_offset_file
    return movable_clock(offset) if offset is not None else system_clock


async def open_portal(
    settings: Settings, log: Log, *, migrate: bool = True, newer_too: bool = False
) -> Portal:
    """Open the database (migrating it unless told not to), check the root secret, read the keys.

    `newer_too` is for a worker whose parent served when a newer version migrated: what that adds to
    the schema is nothing to the others, and they serve until they are replaced (`docs/operations.md`).
    Raises WrongRootSecret, and what opening the database raises; then nothing stays open.
    """
    stores = await open_stores(settings, log)
    try:
        if migrate:
            await stores.admin.migrate(lambda step: log.info("migrating", step=step))
        else:
            await _require_current(stores, log, newer_too=newer_too)
        await _check_root(settings, stores)
        clock = choose_clock(settings)
        sealing = settings.root.keyring("signing-keys")
        keys = KeyRoom(stores.signing_keys, sealing, clock, system_randomness, log, settings.keys)
        await keys.load()
        await lay_decoy(stores.accounts, clock())
        return Portal(settings, stores, Wiring(settings, stores, keys, clock, log, Metrics()))
    except BaseException:
        await stores.close()
        raise


async def _require_current(stores: Stores, log: Log, *, newer_too: bool) -> None:
    """The schema is ours, or may be a newer one. Raises NewerSchemaError or OlderSchemaError."""
    try:
        await stores.admin.require_current()
    except NewerSchemaError as newer:
        if not newer_too:
            raise
        log.warning("a newer version has migrated the database", reason=str(newer))


async def _check_root(settings: Settings, stores: Stores) -> None:
    """The database remembers which root secret it belongs to (SECURITY.md TK14)."""
    current, *previous = settings.root.check_values()
    if await stores.signing_keys.pin_root(current, previous) != current:
        raise WrongRootSecret(
            "this database belongs to another root secret (AUTH_REFRESH_SECRET, or the key file in DATA_DIR);"
            " to change it on purpose, give the old one as AUTH_REFRESH_SECRET_PREVIOUS"
        )


COUNT_EVERY = 15.0  # seconds between two looks at how many letters wait and how many are dead
LONGEST_STOP = 5.5  # seconds that the loops beside the requests have to end; a courier needs four


@dataclass
class Background:
    """What goes on beside the requests: letters leave and are counted, keys are re-read, old rows go."""

    portal: Portal
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _until: float | None = None  # in the loop's time: when all of it has to have ended

    def start(self) -> None:
        """Begin; to be called in the event loop."""
        wiring = self.portal.wiring
        loops: tuple[Callable[[], Awaitable[None]], ...] = (
            wiring.courier.run,
            wiring.sweep.forever,
            self._keys,
            self._letters,
            lambda: return_memory(lambda: wiring.hasher.calls.hashed + wiring.hasher.calls.verified),
        )
        self.tasks = [asyncio.ensure_future(loop()) for loop in loops]
        for task in self.tasks:
            task.add_done_callback(self._tell)

    def leave(self) -> float:
        """Begin to end, also while requests are still answered; returns when it has to be over.

        Once only: who is cancelled again in the middle of a farewell would leave it.
        """
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + LONGEST_STOP
            for task in self.tasks:
                task.cancel()
        return self._until

    async def stop(self) -> None:
        """End; a letter under way is let go of, and what does not end is left behind."""
        left = self.leave() - asyncio.get_running_loop().time()
        _, late = await asyncio.wait(self.tasks, timeout=max(left, 0))
        if late:
            self.portal.wiring.log.error("what goes on beside the requests does not end", loops=len(late))

    def _tell(self, task: asyncio.Task[None]) -> None:
        """These loops end by being cancelled; of any other end somebody must hear."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            self.portal.wiring.log.error("what goes on beside the requests broke", cause=repr(fault))

    async def _keys(self) -> None:
        """Retired keys are noticed even when no token is read."""
        while True:
            await asyncio.sleep(5)
            await self.portal.wiring.keys.fresh()

    async def _letters(self) -> None:
        """How many letters wait and how many are dead, for whoever watches.

        Of a database that is away the courier tells; a mistake is told of once, not at every look.
        """
        wiring, told = self.portal.wiring, False
        while True:
            try:
                counts = await self.portal.stores.outbox.counts()
            except Refusal:
                pass
            except Exception as error:  # noqa: BLE001 -- whatever it was: the next look may go well
                if not told:
                    wiring.log.error("letters could not be counted", cause=repr(error))  # noqa: TRY400 -- as above
                told = True
            else:
                told = False
                for state, count in counts.items():
                    wiring.metrics.outbox(state.value, count)
            await asyncio.sleep(COUNT_EVERY)
