"""Letters as files: whole, private, readable in the dev inbox."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from auth_portal.mail.folder import FolderInbox, FolderSender
from auth_portal.mail.rules import MailRules
from auth_portal.mail.sender import Sent, TryLater
from tests.mail.desk import CONTENT, NOW, RULES, a_letter


def rules_in(folder: Path) -> MailRules:
    """Letters go there."""
    return replace(RULES, folder=folder / "mail")


def test_a_letter_is_a_private_file_that_the_inbox_shows(tmp_path: Path) -> None:
    rules, letter = rules_in(tmp_path), a_letter("jürgen@example.com")
    assert asyncio.run(FolderSender(rules)(letter, CONTENT)) == Sent()
    files = list(rules.folder.iterdir())
    assert [file.name for file in files] == [f"{letter.id}.eml"]
    assert files[0].stat().st_mode & 0o777 == 0o600
    assert rules.folder.stat().st_mode & 0o777 == 0o700
    shown = asyncio.run(FolderInbox(rules.folder).find(letter.id))
    assert shown is not None
    assert shown.recipient == "jürgen@example.com"
    assert shown.sender == '"Tea, Co" <no-reply@tea.example>'
    assert shown.subject == "Confirm email"
    assert shown.at == NOW
    assert shown.text == CONTENT.text
    assert shown.html.strip() == CONTENT.html
    assert shown.links == ("https://tea.example/a?hash=b",)


def test_the_inbox_lists_the_newest_first_and_never_more_than_asked(tmp_path: Path) -> None:
    rules = rules_in(tmp_path)
    sender, inbox = FolderSender(rules), FolderInbox(rules.folder)
    assert asyncio.run(inbox.newest()) == []
    letters = [a_letter(f"person{number % 2}@example.com") for number in range(6)]
    for letter in letters:
        assert asyncio.run(sender(letter, CONTENT)) == Sent()
    newest = asyncio.run(inbox.newest(4))
    assert [shown.id for shown in newest] == sorted((letter.id for letter in letters), reverse=True)[:4]
    to_one = asyncio.run(inbox.newest(10, recipient="person1@example.com"))
    assert {shown.recipient for shown in to_one} == {"person1@example.com"}
    assert len(to_one) == 3


def test_a_second_try_leaves_one_letter_and_no_scraps(tmp_path: Path) -> None:
    rules, letter = rules_in(tmp_path), a_letter()
    rules.folder.mkdir()
    (rules.folder / f".{letter.id}.part").write_text("of a try that died")
    for _ in range(2):
        assert asyncio.run(FolderSender(rules)(letter, CONTENT)) == Sent()
    assert [file.name for file in rules.folder.iterdir()] == [f"{letter.id}.eml"]


def test_a_folder_that_cannot_be_written_is_tried_later(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file where the folder should be")
    outcome = asyncio.run(FolderSender(rules_in(tmp_path))(a_letter(), CONTENT))
    assert isinstance(outcome, TryLater)


def test_the_inbox_opens_nothing_but_letters(tmp_path: Path) -> None:
    rules = rules_in(tmp_path)
    rules.folder.mkdir()
    (tmp_path / "secret.eml").write_text("Subject: x\n\n")
    (rules.folder / "notes.eml").write_text("Subject: x\n\n")
    inbox = FolderInbox(rules.folder)
    for name in ("../secret", "notes", "", "x" * 36, str(tmp_path / "secret")):
        assert asyncio.run(inbox.find(name)) is None
    assert asyncio.run(inbox.newest()) == []


def test_a_letter_keeps_its_date_over_tries(tmp_path: Path) -> None:
    rules = rules_in(tmp_path)
    letter = a_letter(created_at=NOW - timedelta(days=1))
    asyncio.run(FolderSender(rules)(letter, CONTENT))
    shown = asyncio.run(FolderInbox(rules.folder).find(letter.id))
    assert shown is not None
    assert shown.at == NOW - timedelta(days=1)
