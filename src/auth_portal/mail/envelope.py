"""A letter as a message of RFC 5322: the headers that every sender writes alike."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from auth_portal.mail.content import Content
from auth_portal.mail.facts import clean
from auth_portal.mail.letter import Letter
from auth_portal.mail.rules import MailRules


def is_international(letter: Letter, rules: MailRules) -> bool:
    """True when an address has marks beyond ASCII before its @: the relay must know RFC 6531."""
    return not (letter.recipient.isascii() and rules.sender_address.isascii())


def message_of(letter: Letter, content: Content, rules: MailRules) -> EmailMessage:
    """The message; each try makes the same one, with the same Message-ID.

    Header values are cut to one line here whoever wrote them: no header can be injected.
    """
    message = EmailMessage(policy=SMTPUTF8 if is_international(letter, rules) else SMTP)
    message["From"] = _address(rules.sender_address, clean(rules.sender_name))
    message["To"] = _address(letter.recipient)
    message["Subject"] = clean(content.subject)
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice in return
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    return message


def _address(written: str, name: str = "") -> Address:
    """An address from its parts: text that merely looks like two addresses stays one (CVE-2023-7028)."""
    local, _, domain = written.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)
