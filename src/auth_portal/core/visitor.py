"""Who knocks: what a request tells of its sender before anyone has proved anything."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from msgspec import Struct

REMEMBERED = 4096  # addresses whose network need not be worked out again


class Visitor(Struct, frozen=True):
    """One request's sender. `device` is the verified id of the device cookie, None without one."""

    ip: str
    network: str
    user_agent: str = ""
    device: str | None = None
    languages: str = ""  # the Accept-Language header as it came
    trace: str = ""  # the request's id, for the log and the journal


NOBODY = Visitor(ip="", network="")
"""The sender when we act ourselves: a command line, a sweep."""


@lru_cache(maxsize=REMEMBERED)
def network_of(ip: str) -> str:
    """What limits count as one sender: an IPv4 address, or the /64 of an IPv6 one.

    IPv4 addresses mapped into IPv6 count as IPv4. What is no address is returned as it is.
    """
    try:
        address: IPv4Address | IPv6Address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), 64), strict=False).network_address) + "/64"
    return str(address)
