"""CONTRACT.md section 7: subjects, senders and links of the letters."""

import re

from tests.conftest import StartPortal
from tests.rig.letters import link_hash, text_of
from tests.rig.server import Portal

URL_SAFE = re.compile(r"[A-Za-z0-9_-]{22,}")


def test_registering_sends_confirm_email_with_its_link(portal: Portal) -> None:
    person = portal.a_person()
    letter = portal.letters.wait(person.email, "Confirm email")
    assert f"{portal.issuer}/auth/confirm-email?hash=" in text_of(letter)
    assert URL_SAFE.fullmatch(link_hash(letter))


def test_forgetting_sends_reset_password_with_its_link(portal: Portal) -> None:
    person = portal.a_person()
    person.ask_for_reset()
    letter = portal.letters.wait(person.email, "Reset password")
    assert f"{portal.issuer}/auth/password-change?hash=" in text_of(letter)
    assert URL_SAFE.fullmatch(link_hash(letter))


def test_letters_have_text_and_html_with_the_same_link(portal: Portal) -> None:
    person = portal.a_person()
    letter = portal.letters.wait(person.email, "Confirm email")
    page = letter.get_body(("html",))
    assert page is not None
    assert link_hash(letter) in page.get_content()


def test_the_sender_is_as_configured(start_portal: StartPortal) -> None:
    portal = start_portal(MAIL_DEFAULT_EMAIL="hello@example.org", MAIL_DEFAULT_NAME="The Lighthouse")
    letter = portal.letters.wait(portal.a_person().email)
    sender = letter["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("The Lighthouse", "hello@example.org")
