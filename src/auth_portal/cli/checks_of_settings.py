"""What `doctor` can tell from the settings alone."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from auth_portal.http.rules import HttpRules
from auth_portal.settings.reader import is_loopback
from auth_portal.settings.root_secret import KEY_FILE
from auth_portal.settings.settings import Settings
from auth_portal.social.rules import SocialRules

WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)  # no clock that is right shows an earlier time


class Mark(Enum):
    """How a finding is to be taken."""

    GOOD = "good"
    MIND = "mind"  # works, but somebody should know
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding, and how to mend it."""

    mark: Mark
    text: str
    fix: str = ""


def about_data(chosen: Settings) -> list[Line]:
    """The data folder and the key file: there, and nobody else's to read."""
    lines = []
    folder, key = chosen.data_dir, chosen.data_dir / KEY_FILE
    if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o007:
        lines.append(Line(Mark.MIND, f"data: others may look into {folder}", f"chmod o-rwx {folder}"))
    if key.exists():
        if stat.S_IMODE(key.stat().st_mode) & 0o077:
            lines.append(Line(Mark.BAD, f"key file: others can read {key}", f"chmod 600 {key}"))
        else:
            lines.append(Line(Mark.GOOD, f"key file: {key}, yours alone; back it up apart from the database"))
    return lines


def about_new_files(chosen: Settings) -> list[Line]:
    """Where a first start will put the key file and SQLite's, it may; each reason is told once."""
    wanted = (chosen.data_dir, Path(chosen.storage.url.removeprefix("sqlite:///")))
    told = {next(one for one in (path, *path.parents) if os.access(one, os.F_OK)): path for path in wanted}
    return [
        Line(
            Mark.BAD,
            f"data: {path} cannot be opened",
            f"{nearest} must be a folder that this user may write to",
        )
        for nearest, path in told.items()
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK))
    ]


def about_origins(http: HttpRules) -> list[Line]:
    """Which pages may call, and whether the cookie reaches us from them."""
    lines = []
    for origin in sorted(http.origins):
        if origin == http.backend:
            continue
        if same_site(origin, http.backend):
            lines.append(Line(Mark.GOOD, f"origin {origin}: same site, cookies and headers both work"))
            continue
        said = f"origin {origin}: another site, where browsers keep our SameSite=Strict cookie back"
        fix = "send refresh tokens in the `refresh` header, or serve both under one domain"
        lines.append(Line(Mark.MIND, said, fix))
    if http.production and any(origin.startswith("http://") for origin in http.origins):
        lines.append(
            Line(Mark.BAD, "an origin without TLS may call with credentials", "use https in FRONTEND_DOMAIN")
        )
    return lines


def about_social(social: SocialRules, http: HttpRules) -> list[Line]:
    """How a social sign-in comes back to the front end."""
    if not social.providers:
        return []
    names = ", ".join(provider.name for provider in social.providers)
    if social.handoff == "tokens":
        said = f"social ({names}): tokens travel in the address of the front end"
        return [Line(Mark.MIND, said, "SOCIAL_HANDOFF=code, once the front end exchanges the code")]
    if same_site(http.frontend, http.backend):
        return [Line(Mark.GOOD, f"social ({names}): the cookie binds the hand-off, a challenge may")]
    said = f"social ({names}): the front end is another site, so it must begin with ?code_challenge="
    return [Line(Mark.MIND, said, "see docs/flows/social.md")]


def about_proxies(http: HttpRules) -> list[Line]:
    """Whose word counts for where a request comes from."""
    host = urlsplit(http.backend).hostname
    if http.trusted_proxies:
        listed = ", ".join(str(network) for network in http.trusted_proxies)
        return [Line(Mark.GOOD, f"proxies: forwarded headers count from {listed}")]
    if http.secure and not is_loopback(host):
        said = f"proxies: {http.backend} is https, so a proxy stands before us, but none is trusted"
        fix = "TRUSTED_PROXIES=its address; until then everybody shares the proxy's limits"
        return [Line(Mark.MIND, said, fix)]
    return [Line(Mark.GOOD, "proxies: none, forwarded headers are ignored")]


def about_clock() -> list[Line]:
    """The machine's clock is at least plausible; keys made in the future are looked for elsewhere."""
    now = datetime.now(UTC)
    if now < WRITTEN:
        return [Line(Mark.BAD, f"clock: it shows {now:%Y-%m-%d}", "set the clock, and run an NTP service")]
    return [Line(Mark.GOOD, f"clock: {now:%Y-%m-%d %H:%M:%S} UTC")]


def same_site(one: str, other: str) -> bool:
    """Two origins of one scheme whose last two labels agree: as near as one gets without a public list."""
    first, second = urlsplit(one), urlsplit(other)
    if first.scheme != second.scheme:
        return False
    one, other = first.hostname or "", second.hostname or ""
    if _is_address(one) or _is_address(other):
        return one == other
    return one.split(".")[-2:] == other.split(".")[-2:]


def _is_address(host: str) -> bool:
    """The host is an IP address, which has no parent that others could share."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
