"""What tests of letters start from: rules, facts, a letter ready to be sent, an instant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auth_portal.core.ids import new_id
from auth_portal.core.secrets import RootSecret, system_randomness
from auth_portal.mail.content import Content, seal
from auth_portal.mail.letter import Letter, LetterKind
from auth_portal.mail.rules import MailRules

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SEALING = RootSecret(b"r" * 32).keyring("letters")
RULES = MailRules(
    app_name="Tea & Co",
    frontend="https://tea.example",
    our_pages="https://tea.example",
    folder=Path("unused"),
    sender_address="no-reply@tea.example",
    sender_name="Tea, Co",
)
CONTENT = Content(subject="Confirm email", text="Grüße\nhttps://tea.example/a?hash=b\n", html="<p>Grüße</p>")
FACTS = {
    "name": "Ada",
    "hash": "aplk_token",
    "device": "Firefox on Linux",
    "ip": "192.0.2.1",
    "new_email": "new@example.com",
    "provider": "github",
}


def a_letter(recipient: str = "ada@example.com", content: Content = CONTENT, **changed: object) -> Letter:
    """A letter that is due now and good for an hour."""
    letter_id = new_id(NOW, system_randomness)
    letter = Letter(
        id=letter_id,
        kind=LetterKind.CONFIRM_EMAIL,
        recipient=recipient,
        account_id=None,
        message_id=f"<{letter_id}@tea.example>",
        sealed=seal(content, letter_id, SEALING),
        created_at=NOW,
        next_try_at=NOW,
        best_before=NOW + timedelta(hours=1),
    )
    return replace(letter, **changed)  # type: ignore[arg-type]
