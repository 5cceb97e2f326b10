"""The cookies: their names, their attributes, and how they are taken back."""

from dataclasses import dataclass
from datetime import timedelta

from auth_portal.http.answer import RawHeaders
from auth_portal.http.call import Call
from auth_portal.http.rules import HttpRules

HANDSHAKE = timedelta(minutes=10)  # as long as a sign-in at a provider may take
HANDOFF = timedelta(minutes=1)  # as long as its code lives afterwards
BROWSERS_LIMIT = timedelta(days=400)  # 6265bis section 5.5


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie: HttpOnly, Path=/, never a Domain; `__Host-` and Secure when we are on https."""

    name: str
    attributes: str
    seconds: int

    def read(self, call: Call) -> str:
        """What the browser sent, "" for none."""
        return call.cookie(self.name)

    def set(self, value: str) -> tuple[bytes, bytes]:
        """The header that sets it. Values are base64url: nothing in them needs quoting."""
        line = f"{self.name}={value}; Max-Age={self.seconds}; {self.attributes}"
        return b"set-cookie", line.encode("latin-1")

    def clear(self) -> tuple[bytes, bytes]:
        """The header that takes it back, with the same attributes, or browsers would not."""
        return b"set-cookie", f'{self.name}=""; Max-Age=0; {self.attributes}'.encode("latin-1")


@dataclass(frozen=True, slots=True)
class Cookies:
    """All of ours (ASVS 5.0 3.3.1-3.3.5)."""

    refresh: Cookie  # SameSite=Strict: CONTRACT.md section 2
    device: Cookie
    state: Cookie  # Lax: Strict is not sent on the way back from a provider
    social: Cookie

    def signed_in(self, refresh_token: str, device: str | None = None) -> RawHeaders:
        """The headers of an answer that brings tokens."""
        if device is None:
            return (self.refresh.set(refresh_token),)
        return (self.refresh.set(refresh_token), self.device.set(device))


def cookies_under(rules: HttpRules) -> Cookies:
    """The cookies for our own origin; the plain names only where there is no https."""
    prefix, secure = ("__Host-", "; Secure") if rules.secure else ("", "")

    def cookie(name: str, same_site: str, life: timedelta) -> Cookie:
        attributes = f"Path=/; HttpOnly; SameSite={same_site}{secure}"
        return Cookie(prefix + name, attributes, int(min(life, BROWSERS_LIMIT).total_seconds()))

    return Cookies(
        refresh=cookie("refreshToken", "Strict", rules.cookie_lifetime),
        device=cookie("device", "Lax", rules.device_lifetime),
        state=cookie("state", "Lax", HANDSHAKE),
        social=cookie("social", "Lax", HANDSHAKE + HANDOFF),
    )
