"""Known devices: browsers and networks that signed an account in before, kept as keyed hashes."""

from dataclasses import dataclass
from hmac import compare_digest

from auth_portal.core.clock import Clock
from auth_portal.core.secrets import VERSION_BYTES, Keyring, PurposeKey, Randomness, decode, encode
from auth_portal.core.visitor import Visitor
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.store import Devices

DEVICE_BYTES = 16
PROOF_BYTES = 32
COOKIE_BYTES = DEVICE_BYTES + VERSION_BYTES + PROOF_BYTES


@dataclass(frozen=True)
class KnownDevices:
    """Whether a visitor's browser or network signed this account in lately.

    A mark is a hash under our key over the account and the device or network: a leaked database
    tells neither who shares a browser nor where anybody lives.
    """

    devices: Devices
    hashing: Keyring
    clock: Clock
    rules: SessionRules

    async def knows(self, account_id: str, visitor: Visitor) -> bool:
        """The device or the network signed this account in within `known_device` (90 days)."""
        marks = [mark for key in self.hashing.keys for mark in self._marks(key, account_id, visitor)]
        if not marks:
            return False
        return await self.devices.knows(account_id, marks, self.clock() - self.rules.known_device)

    async def remember(self, account_id: str, visitor: Visitor) -> None:
        """They did just now. `visitor.device` must be set already for a new browser."""
        marks = self._marks(self.hashing.current, account_id, visitor)
        if marks:
            await self.devices.remember(account_id, marks, self.clock())

    def _marks(self, key: PurposeKey, account_id: str, visitor: Visitor) -> list[bytes]:
        """One mark for the browser and one for the network, as far as they are known."""
        said = (("device", visitor.device), ("network", visitor.network))
        return [key.tag(f"{what}\0{account_id}\0{value}".encode()) for what, value in said if value]


@dataclass(frozen=True)
class DeviceCookies:
    """Writes and reads the cookie that names a browser; nobody else can make one."""

    keyring: Keyring
    randomness: Randomness

    def fresh(self) -> str:
        """A name for a browser that has none yet: 128 bits."""
        return encode(self.randomness(DEVICE_BYTES))

    def write(self, device_id: str) -> str:
        """The cookie's value. `device_id` comes from `fresh` or `read`."""
        key = self.keyring.current
        name = decode(device_id) + key.version
        return encode(name + key.tag(name))

    def read(self, cookie: str) -> str | None:
        """The browser's name; None for what we did not write."""
        if len(cookie) != -(-COOKIE_BYTES * 4 // 3):
            return None
        try:
            raw = decode(cookie)
        except ValueError:
            return None
        name, proof = raw[:-PROOF_BYTES], raw[-PROOF_BYTES:]
        key = self.keyring.named(name[-VERSION_BYTES:])
        if key is None or not compare_digest(proof, key.tag(name)):
            return None
        return encode(name[:DEVICE_BYTES])
