"""The room where the signing keys are: read from storage, announced, used, retired."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from auth_portal.core.clock import EPOCH, Clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import Refusal, unavailable
from auth_portal.core.secrets import Keyring, Randomness
from auth_portal.sessions.signing_key import (
    ALGORITHMS,
    SHARED,
    SigningKey,
    is_ours,
    make,
    new_kid,
    open_stored,
    shared,
)
from auth_portal.sessions.store import SigningKeys, StoredKey


@dataclass(frozen=True, slots=True)
class KeyRules:
    """The settings of the key room; `shared_secret` is needed with HS256 and ignored otherwise."""

    algorithm: str = "ES256"
    shared_secret: bytes | None = field(default=None, repr=False)
    reread: timedelta = timedelta(seconds=10)
    announce: timedelta = timedelta(minutes=10)  # a new key stands in the JWKS so long before it signs
    unknown: timedelta = timedelta(seconds=5)  # least time between two reads for names we do not know


@dataclass(frozen=True, slots=True)
class _Known:
    """What the last reading found; replaced as a whole, so that nobody sees half a change."""

    version: int = 0
    read_at: datetime = EPOCH
    keys: Mapping[str, SigningKey] = field(default_factory=dict)
    stored: tuple[StoredKey, ...] = ()
    signers: tuple[SigningKey, ...] = ()  # of the present algorithm, openable; whose time comes last is first


@dataclass
class KeyRoom:
    """Signing keys, as this process last read them. Safe when stale: at most `reread` behind.

    With HS256 there is one key, the shared secret, and storage is never asked.
    """

    store: SigningKeys
    sealing: Keyring
    clock: Clock
    randomness: Randomness
    log: Log
    rules: KeyRules
    _known: _Known = field(default_factory=_Known, init=False, repr=False)
    _tried_at: datetime = field(default=EPOCH, init=False, repr=False)
    _asked_at: datetime = field(default=EPOCH, init=False, repr=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        """With HS256 the key is here already. Raises ValueError when its secret is missing."""
        if self.rules.algorithm == SHARED:
            if not self.rules.shared_secret:
                raise ValueError("HS256 needs AUTH_JWT_SECRET")
            key = shared(self.rules.shared_secret, EPOCH)
            self._known = _Known(version=1, keys={key.kid: key}, signers=(key,))

    @property
    def version(self) -> int:
        """Rises whenever the set of accepted keys changes: what hangs on the old set is void."""
        return self._known.version

    async def load(self) -> None:
        """Read the keys at start; the first key of a deployment is made here and signs at once.

        Any number of instances that start together end up with the same first key.
        """
        if self.rules.algorithm == SHARED:
            return
        await self.refresh()
        await self._make_first()

    async def refresh(self) -> None:
        """Read the keys again, whatever the time."""
        if self.rules.algorithm == SHARED:
            return
        async with self._reading:
            await self._read()

    async def fresh(self) -> None:
        """Read the keys again if the last reading is older than `reread`; one caller reads, others wait.

        When storage does not answer, the keys stay as they were: what was valid remains valid.
        """
        if not self.due(self.clock()):
            return
        async with self._reading:
            if self.due(self.clock()):
                await self._read_quietly()

    async def learn(self, kid: str) -> None:
        """Read again because a token names a key that is not known here.

        Only for names that bear our mark, and at most once in `unknown`: a stranger who invents
        names causes no I/O, one who replays an old name hardly any (SECURITY.md TK4).
        """
        if self.rules.algorithm == SHARED or not is_ours(kid, self.sealing):
            return
        async with self._reading:
            now = self.clock()
            if kid not in self._known.keys and abs(now - self._asked_at) >= self.rules.unknown:
                self._asked_at = now
                await self._read_quietly()

    def signing(self) -> SigningKey:
        """The key that signs now: the newest whose announcement is over. Raises unavailable."""
        now, key = self.clock(), None
        for key in self._known.signers:
            if key.signs_from <= now:
                break
        if key is None:
            raise unavailable("no signing key has been read yet")
        return key

    def verifying(self, kid: str) -> SigningKey | None:
        """The key of that name, retired ones excepted; "" names the shared secret."""
        return self._known.keys.get(kid)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves (RFC 7517), announced ones included; none with HS256."""
        living = (stored for stored in self._known.stored if stored.retired_at is None)
        return {"keys": [json.loads(stored.public) for stored in living]}

    def stored(self) -> tuple[StoredKey, ...]:
        """Every key as it was last read, retired ones included, oldest first: for operators."""
        return self._known.stored

    async def rotate(self) -> str:
        """Add a key that will sign after its announcement; returns its kid. Raises ValueError with HS256."""
        if self.rules.algorithm == SHARED:
            raise ValueError("with HS256 the key is AUTH_JWT_SECRET: change it there")
        kid = await self._add(self.clock() + self.rules.announce, only_first=False)
        await self.refresh()
        return kid

    async def retire(self, kid: str) -> bool:
        """Accept nothing more that this key signed; False when there is no such living key.

        When no other key may sign, a new one is made first and signs at once. When the others were
        retired meanwhile, it is made afterwards.
        """
        await self.refresh()
        if all(key.kid == kid for key in self._known.signers) and kid in self._known.keys:
            await self._add(self.clock(), only_first=False)
        retired = await self.store.retire(kid, self.clock())
        await self.refresh()
        if retired:
            await self._make_first()
        return retired

    async def _make_first(self) -> None:
        """Make a key that signs at once where none may sign; of several instances one makes it."""
        if self._known.signers:
            return
        sealed = [key for key in self._known.keys.values() if key.algorithm == self.rules.algorithm]
        if sealed:
            self.log.warning("signing keys are sealed under another root secret; a new one is made")
        await self._add(self.clock(), only_first=not sealed)
        await self.refresh()

    def _may_sign(self, keys: Iterable[SigningKey]) -> tuple[SigningKey, ...]:
        """The living keys of the present algorithm whose private half we can open."""
        ours = (key for key in keys if key.algorithm == self.rules.algorithm and key.private is not None)
        return tuple(sorted(ours, key=lambda key: key.signs_from, reverse=True))

    def due(self, now: datetime) -> bool:
        """It is time to read again; also when the clock was set back. A failed try is not hurried."""
        if self.rules.algorithm == SHARED:
            return False
        reread = self.rules.reread
        if -reread < now - self._known.read_at < reread:
            return False
        return abs(now - self._tried_at) >= self.rules.unknown

    async def _add(self, signs_from: datetime, *, only_first: bool) -> str:
        """Make a key, off the event loop, and keep it."""
        kid = new_kid(self.sealing, self.randomness)
        now = self.clock()
        key = await asyncio.to_thread(make, self.rules.algorithm, kid, now, signs_from, self.sealing)
        await self.store.add(key, only_first=only_first)
        return kid

    async def _read_quietly(self) -> None:
        """Read; a storage that does not answer, or makes no sense, is told of and changes nothing."""
        self._tried_at = self.clock()
        try:
            await self._read()
        except Refusal as refusal:
            self.log.warning("signing keys could not be read again", cause=str(refusal))
        except Exception as fault:  # noqa: BLE001 -- what we know stays good, whatever stands there now
            self.log.error("signing keys could not be read again", cause=repr(fault))  # noqa: TRY400 -- holds keys

    async def _read(self) -> None:
        """Replace what is known by what storage says."""
        now = self.clock()
        stored = tuple(await self.store.all())
        before = self._known
        if stored == before.stored:
            self._known = _Known(before.version, now, before.keys, stored, before.signers)
            return
        living = [key for key in stored if key.retired_at is None and key.algorithm in ALGORITHMS]
        keys = {key.kid: open_stored(key, self.sealing) for key in living}
        self._known = _Known(before.version + 1, now, keys, stored, self._may_sign(keys.values()))
