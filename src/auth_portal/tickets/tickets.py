"""Making and spending tickets: the token leaves us once, what stays behind is a keyed hash."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from auth_portal.core.clock import Clock
from auth_portal.core.refusal import LINK_INVALID, Refusal
from auth_portal.core.secrets import Keyring, Randomness, decode, encode
from auth_portal.tickets.store import TicketStore
from auth_portal.tickets.ticket import Purpose, Ticket, TicketRules

PROOF_BYTES = 32
PREFIX = "aplk_"  # so that leak scanners find our link tokens
MOST_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class Issued:
    """A new ticket's token, which is shown once, and when it stops working."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Spent:
    """What a spent ticket said: whose it was and what was written into it."""

    purpose: Purpose
    holder: str
    facts: dict[str, str]
    created_at: datetime


@dataclass(frozen=True)
class Tickets:
    """Issue, look at and spend tickets. 256 bits from the CSPRNG each (ASVS 5.0 6.6.2, 11.5.1)."""

    store: TicketStore
    hashing: Keyring
    sealing: Keyring
    rules: TicketRules
    clock: Clock
    randomness: Randomness

    async def issue(self, purpose: Purpose, holder: str, **facts: str) -> Issued:
        """Make a ticket that carries `facts`, readable only by whoever spends it here."""
        now = self.clock()
        token = PREFIX + encode(self.hashing.current.version + self.randomness(PROOF_BYTES))
        digest = self.hashing.current.tag(token.encode())
        expires_at = now + self.rules.lifetime(purpose)
        payload = self.sealing.seal(msgspec.json.encode(facts), about=digest)
        await self.store.add(Ticket(digest, purpose, holder, payload, now, expires_at))
        return Issued(token, expires_at)

    async def spend(self, token: str, *purposes: Purpose) -> Spent:
        """Spend it, once and for all. Raises LINK_INVALID, one answer for every cause."""
        ticket = await self.store.spend(self._digest(token), purposes, self.clock())
        return self._read(ticket)

    async def peek(self, token: str, *purposes: Purpose) -> Spent:
        """What spending would find now; promises nothing about later. Raises LINK_INVALID."""
        ticket = await self.store.peek(self._digest(token), purposes, self.clock())
        return self._read(ticket)

    async def void(self, holder: str, *purposes: Purpose) -> int:
        """Make every other ticket of these purposes of the holder worthless."""
        return await self.store.void(holder, purposes)

    def _digest(self, token: str) -> bytes:
        """The hash under the key that the token names. Raises LINK_INVALID for what is no token."""
        if not token.startswith(PREFIX) or len(token) > MOST_CHARACTERS:
            raise Refusal(LINK_INVALID, cause="not of the shape of our tokens")
        try:
            raw = decode(token.removeprefix(PREFIX))
        except (ValueError, UnicodeError):
            raise Refusal(LINK_INVALID, cause="not base64url") from None
        version = raw[: len(raw) - PROOF_BYTES] if len(raw) > PROOF_BYTES else b""
        key = self.hashing.named(version)
        if key is None:
            raise Refusal(LINK_INVALID, cause="made under a key that is not known here")
        return key.tag(token.encode())

    def _read(self, ticket: Ticket | None) -> Spent:
        """Open what the store returned."""
        if ticket is None:
            raise Refusal(LINK_INVALID, cause="unknown, spent, expired, or for another purpose")
        plain = self.sealing.unseal(ticket.payload, about=ticket.digest)
        facts = msgspec.json.decode(plain, type=dict[str, str])
        return Spent(ticket.purpose, ticket.holder, facts, ticket.created_at)
