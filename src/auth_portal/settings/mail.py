"""Reads how letters leave."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from auth_portal.accounts.email_address import normalise
from auth_portal.http.rules import HttpRules
from auth_portal.mail.rules import MailRules, is_loopback
from auth_portal.settings.reader import HOST, Reader

IMPLICIT_TLS_PORT = 465


def read_mail(reader: Reader, http: HttpRules, data_dir: Path, production: bool) -> MailRules:
    """The relay and the sender's name."""
    host = reader.parsed("MAIL_HOST", _host, None, told=False)
    named = urlsplit(http.backend).hostname or "localhost"
    address = reader.parsed("MAIL_DEFAULT_EMAIL", normalise, f"no-reply@{named}")
    if production and host is None:
        reader.warn("MAIL_HOST is not set: letters are written to a folder and reach nobody")
    if production and host and reader.text("MAIL_DEFAULT_EMAIL") is None:
        reader.wrong("MAIL_DEFAULT_EMAIL", "is required with MAIL_HOST: who are the letters from?")
    user, password = reader.text("MAIL_USER"), reader.text("MAIL_PASSWORD")
    if bool(user) != bool(password):
        reader.wrong("MAIL_PASSWORD" if user else "MAIL_USER", "is missing: both or neither")
    tls = reader.choice("MAIL_TLS", ("auto", "implicit", "starttls", "none"), "auto")
    if host and tls == "none" and not is_loopback(host):
        reader.wrong("MAIL_TLS", "may be none only with a relay on this machine (RFC 8314)")
    return MailRules(
        app_name=http.app_name,
        frontend=http.frontend,
        our_pages=http.backend if http.portal else http.frontend,
        folder=data_dir / "mail",
        sender_address=address,
        sender_name=reader.text("MAIL_DEFAULT_NAME") or http.app_name,
        host=host,
        port=reader.whole("MAIL_PORT", 587, 1, 65_535),
        user=user,
        password=password,
        tls=tls,
        timeout=reader.duration(
            "MAIL_TIMEOUT", timedelta(seconds=20), least=timedelta(seconds=1), most=timedelta(minutes=5)
        ),
        accent=http.accent,
        logo_url=http.logo_url,
    )


def _host(text: str) -> str | None:
    """The relay's name or address, nothing around it. Raises ValueError for a URL or a port."""
    try:
        return str(ip_address(text))
    except ValueError:
        if HOST.fullmatch(text) is None:
            raise ValueError("must be a host such as smtp.example.com; the port is MAIL_PORT") from None
    return text
