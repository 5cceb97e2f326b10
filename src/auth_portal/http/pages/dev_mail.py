"""The dev inbox: letters that went to the folder, shown to the developer on this machine and nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from auth_portal.http.answer import Answer, Dress, RawHeaders, json_answer
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.pages.docs import HTML
from auth_portal.http.pages.templates import Templates
from auth_portal.http.refusals import NOT_FOUND, HttpRefusal
from auth_portal.http.route import Route, Says
from auth_portal.http.visitor import is_local
from auth_portal.mail.folder import Delivered

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
MOST_LETTERS = 50
LETTER: RawHeaders = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'"),
    (b"cache-control", b"no-store"),
)


class Inbox(Protocol):
    """Where letters lie that went to the folder."""

    async def newest(self, at_most: int = MOST_LETTERS, recipient: str | None = None) -> Sequence[Delivered]:
        """The newest first."""

    async def find(self, letter_id: str) -> Delivered | None:
        """One letter."""


@dataclass(frozen=True)
class DevMail:
    """What the routes below need."""

    inbox: Inbox
    templates: Templates


def dev_mail_routes() -> list[Route]:
    """Only wired in development (settings)."""
    page = Says(200, "A page", "text/html")
    return [
        Route("GET", "/dev/mail", show_inbox, "The dev inbox", (page,), documented=False),
        Route("GET", "/dev/mail.json", list_inbox, "The dev inbox for scripts", (page,), documented=False),
        Route("GET", "/dev/mail/{id}", show_letter, "One letter", (page,), documented=False),
    ]


async def show_inbox(desk: Desk, call: Call) -> Answer:
    """Every letter with its links. Looking spends nothing."""
    dev_mail = _open(desk, call)
    letters = await dev_mail.inbox.newest(MOST_LETTERS)
    html = dev_mail.templates.render("inbox.html", letters=letters)
    return Answer(200, html.encode(), HTML, Dress.PAGE)


async def list_inbox(desk: Desk, call: Call) -> Answer:
    """The same for shells: id, recipient, subject, at, text, links."""
    letters = await _open(desk, call).inbox.newest(MOST_LETTERS)
    said = [
        {
            "id": one.id,
            "recipient": one.recipient,
            "subject": one.subject,
            "at": one.at,
            "text": one.text,
            "links": list(one.links),
        }
        for one in letters
    ]
    return json_answer({"letters": said})


async def show_letter(desk: Desk, call: Call) -> Answer:
    """The HTML part, in a sandbox: a letter is content, not a page of ours."""
    letter = await _open(desk, call).inbox.find(call.parameters["id"])
    if letter is None:
        raise HttpRefusal(NOT_FOUND)
    return Answer(200, letter.html.encode(), LETTER, Dress.PAGE)


def _open(desk: Desk, call: Call) -> DevMail:
    """The inbox, for this machine only. Raises NOT_FOUND, as if there were none.

    The Host is looked at because a page of a stranger may point its own name at our address and
    then read what we answer (DNS rebinding).
    """
    host = call.header(b"host").lower()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if desk.dev_mail is None or name not in LOCAL_NAMES or not is_local(call):
        raise HttpRefusal(NOT_FOUND)
    return desk.dev_mail
