"""A relay with a temper: what it answers to MAIL and RCPT, whether and how it encrypts."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.rig.ports import free_port
from tests.rig.smtp import Leaving


@dataclass
class Temper:
    """The handler: its answers, and the raw letters it has taken with their envelope."""

    to_mail: str = "250 OK"
    to_rcpt: str = "250 OK"
    to_data: str = "250 OK"
    taken: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 -- the library calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A sender is named."""
        del server, session
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.to_mail

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient is named."""
        del server, session, options
        if self.to_rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.to_rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """A letter arrives."""
        del server, session
        if self.to_data.startswith("2"):
            assert isinstance(envelope.content, bytes)
            self.taken.append((envelope.mail_from or "", envelope.rcpt_tos, envelope.content))
        return self.to_data


@contextmanager
def a_relay(temper: Temper, port: int | None = None, **options: Any) -> Iterator[int]:
    """It listens; yields its port. `options` are the library's (tls_context, require_starttls, …)."""
    controller = Leaving(temper, port or free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1, for a server to show and a client to trust."""

    file: Path

    def shown(self) -> ssl.SSLContext:
        """The server's side."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file)
        return context

    def trusted(self) -> ssl.SSLContext:
        """The side of a client that knows it."""
        return ssl.create_default_context(cafile=str(self.file))


def a_certificate(folder: Path, address: str = "127.0.0.1") -> Certificate:
    """A fresh one, for `address`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / f"relay-{address}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return Certificate(file)
