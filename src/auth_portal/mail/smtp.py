"""Sends letters through a relay: encrypted and with its certificate checked, or not at all."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

import aiosmtplib

from auth_portal.mail.content import Content
from auth_portal.mail.envelope import is_international, message_of
from auth_portal.mail.facts import clean
from auth_portal.mail.letter import Letter
from auth_portal.mail.rules import MailRules, is_loopback
from auth_portal.mail.sender import Dead, Outcome, Sent, Stopped, TryLater

IMPLICIT_PORT = 465
PERMANENT = 500
OURS_TO_FIX = frozenset({530, 534, 535, 538})  # no or wrong log-in, no TLS: settings, not the letter
LONGEST_FAREWELL = 2  # seconds
COMMANDS = 3  # a whole delivery may take as long as this many slow answers


class Encryption(Enum):
    """How the connection is kept from being read; there is no "if the relay offers it"."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"  # loopback only


def encryption_for(host: str, port: int, wish: str) -> Encryption:
    """What `MAIL_TLS` means for this relay. ValueError for `none` to another machine (RFC 8314)."""
    if wish == "auto":
        if port == IMPLICIT_PORT:
            return Encryption.IMPLICIT
        return Encryption.NONE if is_loopback(host) else Encryption.STARTTLS
    chosen = Encryption(wish)
    if chosen is Encryption.NONE and not is_loopback(host):
        raise ValueError("MAIL_TLS=none is only possible with a relay on this machine")
    return chosen


class _Connection(aiosmtplib.SMTP):
    """Hangs up at once when it is done: a silent relay cannot keep a socket of ours open."""

    def close(self) -> None:
        """Let go of the socket too, without waiting for the other side's part of a TLS farewell."""
        transport = self.transport
        super().close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


@dataclass(frozen=True)
class SmtpSender:
    """One connection per letter: nothing of one person's letter can reach another's."""

    rules: MailRules
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def __post_init__(self) -> None:
        """Refuse settings that would send letters in clear, before any letter waits."""
        encryption_for(self.rules.host or "", self.rules.port, self.rules.tls)

    async def __call__(self, letter: Letter, content: Content) -> Outcome:
        """Every answer of the relay, and every silence, becomes an outcome (OP1).

        Cancelled after the relay's answer it raises Stopped, which carries that outcome.
        """
        whole = min(self.rules.timeout * COMMANDS, self.rules.claim * 3 / 4)
        client = self._client()
        try:
            async with asyncio.timeout(whole.total_seconds()):
                await client.connect()
                outcome = await self._hand_over(client, letter, content)
        except aiosmtplib.SMTPException as error:
            return TryLater(_say(error))
        except TimeoutError:
            return TryLater(f"no answer within {_seconds(whole)}")
        except (OSError, ssl.SSLError, ValueError) as error:
            return TryLater(_say(error))
        else:
            await _part_politely(client, outcome)
            return outcome
        finally:
            client.close()

    async def check(self) -> Outcome:
        """Connect, encrypt and log in without a letter: for `doctor` and `mail test`."""
        client = self._client()
        try:
            async with asyncio.timeout((self.rules.timeout * COMMANDS).total_seconds()):
                await client.connect()
        except (aiosmtplib.SMTPException, TimeoutError, OSError, ValueError) as error:
            return TryLater(_say(error))
        finally:
            client.close()
        return Sent()

    def _client(self) -> _Connection:
        """A connection to be made. `start_tls` is demanded or off, never "if it is offered"."""
        how = encryption_for(self.rules.host or "", self.rules.port, self.rules.tls)
        return _Connection(
            hostname=self.rules.host,
            port=self.rules.port,
            username=self.rules.user,
            password=self.rules.password,
            timeout=self.rules.timeout.total_seconds(),
            use_tls=how is Encryption.IMPLICIT,
            start_tls=how is Encryption.STARTTLS,
            tls_context=None if how is Encryption.NONE else self.tls,
            local_hostname=self.rules.sender_address.rpartition("@")[2] or "localhost",
        )

    async def _hand_over(self, client: aiosmtplib.SMTP, letter: Letter, content: Content) -> Outcome:
        """MAIL, RCPT, DATA. A no that will stay a no makes the letter dead at once, and visible."""
        international = is_international(letter, self.rules)
        if international:
            await client.ehlo()
        if international and not client.supports_extension("smtputf8"):
            return Dead("the relay does not take international addresses (no SMTPUTF8)")
        message = message_of(letter, content, self.rules).as_bytes()
        options = ["SMTPUTF8"] if international else []
        encoding = "utf-8" if international else "ascii"
        try:
            await client.mail(self.rules.sender_address, options=options, encoding=encoding)
        except aiosmtplib.SMTPResponseException as error:  # the sender is a setting, not the letter
            return TryLater(_say(error))
        try:
            await client.rcpt(letter.recipient, encoding=encoding)
            await client.data(message)
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= PERMANENT and error.code not in OURS_TO_FIX:
                return Dead(_say(error))
            return TryLater(_say(error))
        return Sent()


async def _part_politely(client: aiosmtplib.SMTP, outcome: Outcome) -> None:
    """QUIT; whatever becomes of it, the outcome stands already. Raises Stopped with it when cancelled."""
    try:
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(LONGEST_FAREWELL):
                await client.quit()
    except asyncio.CancelledError:
        raise Stopped(outcome) from None


def _say(error: Exception) -> str:
    """The relay's words for the operator, on one line."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return clean(f"{error.code} {error.message}")
    return clean(f"{type(error).__name__}: {error}")


def _seconds(duration: timedelta) -> str:
    """For people."""
    return f"{duration.total_seconds():g} s"
