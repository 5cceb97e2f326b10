"""The settings of this room: the sender's name, the relay, where letters point."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MailRules:
    """`host=None` means: letters go to `folder` (and the dev inbox in development)."""

    app_name: str
    frontend: str  # origin of links in letters, without a trailing slash
    our_pages: str  # the same for pages that front ends of the original do not have
    folder: Path
    sender_address: str
    sender_name: str
    host: str | None = None
    port: int = 587
    user: str | None = None
    password: str | None = None
    tls: str = (
        "auto"  # auto: implicit on 465, else STARTTLS, plain only to loopback | implicit | starttls | none
    )
    timeout: timedelta = timedelta(seconds=20)
    claim: timedelta = timedelta(minutes=2)
    longest_pause: timedelta = timedelta(minutes=15)
    keep_settled: timedelta = timedelta(days=30)
    notice_best_before: timedelta = timedelta(days=2)
    accent: str = "#3b5bdb"
    logo_url: str | None = None


def is_loopback(host: str) -> bool:
    """It is this machine: what is said to it does not leave it."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
