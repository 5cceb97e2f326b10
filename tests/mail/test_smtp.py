"""The SMTP sender: what each answer of a relay means, and that nothing goes out in clear (OP1)."""

import asyncio
import socket
import ssl
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult

from auth_portal.mail.content import Content
from auth_portal.mail.letter import Letter
from auth_portal.mail.rules import MailRules
from auth_portal.mail.sender import Dead, Outcome, Sent, TryLater
from auth_portal.mail.smtp import Encryption, SmtpSender, encryption_for
from tests.mail.desk import CONTENT, RULES, a_letter
from tests.mail.relay import Temper, a_certificate, a_relay
from tests.rig.ports import free_port

pytestmark = pytest.mark.row("OP1")


def rules_for(port: int, **changed: object) -> MailRules:
    """Rules for a relay on loopback."""
    return replace(RULES, host="127.0.0.1", port=port, **changed)  # type: ignore[arg-type]


def send(
    port: int, letter: Letter | None = None, context: ssl.SSLContext | None = None, **changed: object
) -> Outcome:
    """One letter through the relay at that port."""
    sender = SmtpSender(rules_for(port, **changed), context or ssl.create_default_context())
    return asyncio.run(sender(letter or a_letter(), CONTENT))


def test_a_letter_arrives_whole_and_each_try_carries_the_same_message_id() -> None:
    temper, letter = Temper(), a_letter()
    with a_relay(temper) as port:
        assert send(port, letter) == Sent()
        assert send(port, letter) == Sent()
    (sender, recipients, raw), (_, _, second) = temper.taken
    message = message_from_bytes(raw, policy=policy.default)
    assert sender == "no-reply@tea.example"
    assert recipients == ["ada@example.com"]
    assert message["From"] == '"Tea, Co" <no-reply@tea.example>'
    assert message["Subject"] == "Confirm email"
    assert message["Message-ID"] == letter.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == CONTENT.text
    assert html.get_content().strip() == CONTENT.html
    assert message_from_bytes(second, policy=policy.default)["Message-ID"] == letter.message_id


@pytest.mark.parametrize(
    ("temper", "expected"),
    [
        (Temper(to_rcpt="550 no such user"), Dead("550 no such user")),
        (Temper(to_mail="553 not from you"), TryLater("553 not from you")),
        (Temper(to_data="554 looks like spam"), Dead("554 looks like spam")),
        (Temper(to_rcpt="451 greylisted"), TryLater("451 greylisted")),
        (Temper(to_mail="421 too busy"), TryLater("421 too busy")),
        (Temper(to_data="452 disk full"), TryLater("452 disk full")),
        (Temper(to_mail="530 log in first"), TryLater("530 log in first")),
    ],
)
def test_a_permanent_no_is_dead_at_once_and_any_other_is_tried_again(
    temper: Temper, expected: Outcome
) -> None:
    with a_relay(temper) as port:
        assert send(port) == expected
    assert temper.taken == []


def test_a_relay_that_is_not_there_is_tried_again() -> None:
    outcome = send(free_port())
    assert isinstance(outcome, TryLater)
    assert "connect" in outcome.reason.lower()


def test_a_relay_that_says_nothing_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = send(silent.getsockname()[1], timeout=timedelta(milliseconds=300))
    assert isinstance(outcome, TryLater)


def test_letters_go_through_starttls_and_through_implicit_tls(tmp_path: Path) -> None:
    certificate, temper = a_certificate(tmp_path), Temper()
    with a_relay(temper, tls_context=certificate.shown(), require_starttls=True) as port:
        assert send(port, context=certificate.trusted(), tls="starttls") == Sent()
    with a_relay(temper, ssl_context=certificate.shown()) as port:
        assert send(port, context=certificate.trusted(), tls="implicit") == Sent()
    assert len(temper.taken) == 2


def test_a_relay_without_starttls_gets_no_letter_and_no_password() -> None:
    temper = Temper()
    with a_relay(temper) as port:
        outcome = send(port, tls="starttls", user="tea", password="secret")
    assert isinstance(outcome, TryLater)
    assert "STARTTLS" in outcome.reason
    assert temper.taken == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_nobody_vouches_for_gets_no_letter(tmp_path: Path, tls: str) -> None:
    certificate, temper = a_certificate(tmp_path), Temper()
    how = {"tls_context": certificate.shown()} if tls == "starttls" else {"ssl_context": certificate.shown()}
    with a_relay(temper, **how) as port:
        outcome = send(port, tls=tls)
    assert isinstance(outcome, TryLater)
    assert "certificate" in outcome.reason.lower()
    assert temper.taken == []


def test_a_certificate_for_another_host_gets_no_letter(tmp_path: Path) -> None:
    certificate, temper = a_certificate(tmp_path, "192.0.2.9"), Temper()
    with a_relay(temper, tls_context=certificate.shown()) as port:
        outcome = send(port, context=certificate.trusted(), tls="starttls")
    assert isinstance(outcome, TryLater)
    assert temper.taken == []


def test_a_refused_log_in_is_for_the_operator_to_mend_and_kills_no_letter(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    how = {"tls_context": certificate.shown(), "auth_required": True, "authenticator": _nobody}
    with a_relay(Temper(), **how) as port:
        outcome = send(port, context=certificate.trusted(), tls="starttls", user="tea", password="wrong")
        sender = SmtpSender(
            rules_for(port, tls="starttls", user="tea", password="wrong"), certificate.trusted()
        )
        checked = asyncio.run(sender.check())
    assert isinstance(outcome, TryLater)
    assert "535" in outcome.reason
    assert checked == outcome


def test_an_international_address_needs_a_relay_that_takes_it() -> None:
    letter, temper = a_letter("jürgen@xn--mller-kva.example"), Temper()
    with a_relay(temper) as port:
        assert send(port, letter) == Sent()
    with a_relay(Temper(), enable_SMTPUTF8=False) as port:
        outcome = send(port, letter)
    assert isinstance(outcome, Dead)
    assert temper.taken[0][1] == ["jürgen@xn--mller-kva.example"]
    message = message_from_bytes(temper.taken[0][2], policy=policy.SMTPUTF8)
    assert message["To"] == "jürgen@xn--mller-kva.example"


def test_no_header_can_be_injected() -> None:
    temper = Temper()
    evil = Content(subject="Hello\r\nBcc: eve@example.com", text="x\r\n.\r\nMAIL FROM:<e@e>\r\n", html="")
    with a_relay(temper) as port:
        sender = SmtpSender(rules_for(port, sender_name="Tea\r\nBcc: eve@example.com"))
        assert asyncio.run(sender(a_letter(), evil)) == Sent()
    assert len(temper.taken) == 1
    message = message_from_bytes(temper.taken[0][2], policy=policy.default)
    assert message["Bcc"] is None
    assert temper.taken[0][1] == ["ada@example.com"]
    assert "MAIL FROM" in str(message.get_body(("plain",)))


@pytest.mark.parametrize(
    ("host", "port", "wish", "expected"),
    [
        ("relay.example", 465, "auto", Encryption.IMPLICIT),
        ("relay.example", 587, "auto", Encryption.STARTTLS),
        ("relay.example", 25, "auto", Encryption.STARTTLS),
        ("10.0.0.7", 1025, "auto", Encryption.STARTTLS),
        ("localhost.example", 25, "auto", Encryption.STARTTLS),
        ("localhost", 25, "auto", Encryption.NONE),
        ("127.0.0.5", 1025, "auto", Encryption.NONE),
        ("::1", 25, "auto", Encryption.NONE),
        ("localhost", 25, "starttls", Encryption.STARTTLS),
        ("localhost", 25, "none", Encryption.NONE),
    ],
)
def test_how_a_connection_is_encrypted(host: str, port: int, wish: str, expected: Encryption) -> None:
    assert encryption_for(host, port, wish) is expected


def test_settings_that_would_send_in_clear_are_refused() -> None:
    with pytest.raises(ValueError, match="on this machine"):
        SmtpSender(replace(RULES, host="relay.example", tls="none"))


def _nobody(*_asked: object) -> AuthResult:
    """No password is right."""
    return AuthResult(success=False, handled=False)
