"""Who sent a request: the address is believed only from the proxies that the settings name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from msgspec import Struct

from auth_portal.core.clock import Clock
from auth_portal.core.log import Log
from auth_portal.core.visitor import Visitor, network_of
from auth_portal.http.call import Call

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
FORWARDED = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip"})
BETWEEN = FORWARDED | {b"via", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port"}
MOST_HOPS = 20
MOST_ADDRESS = 100  # characters; the longest, with brackets, zone and port, has 70
MOST_LANGUAGES = 200
QUIET = timedelta(minutes=1)


class Peer(Struct, frozen=True):
    """The other end of a connection: its address, as text too, and whether it lies in a private network."""

    address: Address
    text: str
    private: bool


@lru_cache(4096)
def peer_named(text: str) -> Peer | None:
    """Worked out once for each; None for what is no address."""
    address = parse_address(text)
    return None if address is None else Peer(address, str(address), address.is_private)


def parse_address(text: str) -> Address | None:
    """An address, with or without a port or brackets; IPv4 inside IPv6 becomes IPv4."""
    return None if len(text) > MOST_ADDRESS else _parsed(text)


@lru_cache(4096)
def _parsed(text: str) -> Address | None:
    """The same; remembered, so only for texts that are short."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or (address if address.scope_id is None else None)
    return address


@dataclass(frozen=True)
class Notice:
    """Tells the operator of a proxy that is not on the list: at most once a minute, and counted."""

    clock: Clock
    log: Log
    counted: Callable[[], None]
    _last: list[datetime] = field(default_factory=list)

    def __call__(self, peer: str) -> None:
        """A private peer sent forwarded headers that did not count."""
        self.counted()
        now = self.clock()
        if self._last and now - self._last[0] < QUIET:
            return
        self._last[:] = [now]
        self.log.warning(
            "forwarded headers from a proxy that TRUSTED_PROXIES does not name; they do not count", peer=peer
        )


@dataclass(frozen=True)
class Visitors:
    """Makes the Visitor of a request (ASVS 5.0 4.1.3, CVE-2023-36456)."""

    trusted: tuple[Network, ...]
    notice: Notice
    read_device: Callable[[str], str | None]
    device_cookie: str

    def of(self, call: Call) -> Visitor:
        """Only on the paths that need it: signing in and whatever changes something."""
        ip, headers = self.address(call), call.headers
        device = call.cookie(self.device_cookie) if b"cookie" in headers else ""
        languages = call.header(b"accept-language") if b"accept-language" in headers else ""
        return Visitor(
            ip=ip,
            network=network_of(ip),
            user_agent=call.user_agent,
            device=self.read_device(device) if device else None,
            languages=languages[:MOST_LANGUAGES],
            trace=call.trace,
        )

    def address(self, call: Call) -> str:
        """The peer, or from a trusted proxy the rightmost hop that is none of ours."""
        said = peer_of(call)
        peer = peer_named(said)
        if peer is None:
            return said
        if not self.trusted or not self._trusts(peer.address):
            if peer.private and is_forwarded(call):
                self.notice(peer.text)
            return peer.text
        address = peer.address
        hops = call.header(b"x-forwarded-for").split(",")[-MOST_HOPS:]
        for hop in reversed(hops):
            before = parse_address(hop)
            if before is None:
                break
            address = before
            if not self._trusts(address):
                break
        return str(address)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)


def peer_of(call: Call) -> str:
    """The other end of the connection, "" when the server does not know."""
    client = call.scope.get("client")
    return client[0] if client else ""


def is_forwarded(call: Call) -> bool:
    """Some proxy says it stands between."""
    return not FORWARDED.isdisjoint(call.headers)


def is_local(call: Call) -> bool:
    """The request comes from this machine itself, through no proxy: each of its traces counts as one."""
    address = parse_address(peer_of(call))
    if address is None or not address.is_loopback:
        return False
    return BETWEEN.isdisjoint(call.headers)
