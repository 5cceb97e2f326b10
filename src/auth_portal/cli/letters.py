"""`auth-portal mail`: what waits, what died, sending again, trying the relay."""

from typing import TYPE_CHECKING, Literal

from cyclopts import App

from auth_portal.accounts.email_address import normalise
from auth_portal.cli.opened import Sorry, opened, wait_for
from auth_portal.cli.screen import busy, table
from auth_portal.core.ids import new_id
from auth_portal.core.secrets import system_randomness
from auth_portal.core.visitor import NOBODY
from auth_portal.mail.content import Content
from auth_portal.mail.letter import Letter, LetterKind, LetterState
from auth_portal.mail.resend import Resend, Resent, WriteAgain
from auth_portal.mail.sender import Sent

if TYPE_CHECKING:
    from auth_portal.accounts.account import Account
    from auth_portal.app import Portal

letters = App(name="mail", help="Letters: what waits, what died, sending again, trying the relay.")
MOST = 200


@letters.command(name="list")
def list_(*, state: Literal["waiting", "sent", "dead"] | None = None) -> None:
    """Show the newest letters.

    Parameters
    ----------
    state
        Only letters in this state.

    """

    async def work() -> None:
        async with opened() as portal:
            wanted = LetterState(state) if state else None
            rows = [
                (
                    one.id,
                    one.state.value,
                    one.kind.value,
                    one.recipient,
                    one.tries,
                    one.created_at.isoformat(),
                    one.last_error,
                )
                for one in await portal.stores.outbox.page(wanted, MOST)
            ]
            table(("id", "state", "letter", "to", "tries", "since", "last error"), rows)

    wait_for(work())


@letters.command
def retry(letter: str) -> None:
    """Send a letter that died again, with a new link.

    Parameters
    ----------
    letter
        Id of the letter, as `mail list` shows it.

    """

    async def work() -> None:
        async with opened() as portal:
            ended = await _resend(portal)(letter)
            if ended is not Resent.AGAIN:
                raise Sorry(ended.value)
            print(ended.value)

    wait_for(work())


@letters.command(name="test")
def test_(address: str) -> None:
    """Send a letter right now and say how the relay took it.

    Parameters
    ----------
    address
        Where it shall go.

    """
    try:
        recipient = normalise(address)
    except ValueError:
        raise Sorry(f"{address} is no e-mail address") from None

    async def work() -> None:
        async with opened() as portal:
            rules = portal.settings.mail
            name = rules.app_name
            text = f"If you can read this, {name} can send letters.\n"
            with busy(f"Sending by {rules.host or rules.folder}"):
                outcome = await portal.wiring.sender(
                    _letter(portal, recipient),
                    Content(subject=f"A test letter of {name}", text=text, html=f"<p>{text}</p>"),
                )
            if not isinstance(outcome, Sent):
                raise Sorry(f"It was not taken: {outcome.reason}")
            print(f"Taken by {rules.host or rules.folder}.")

    wait_for(work())


def _resend(portal: "Portal") -> Resend:
    """How letters with a link are written anew: each by the flow that wrote it first."""

    async def forgotten(account: "Account") -> bool:
        return await portal.flows.forgot_password.write(account.email or "", NOBODY)

    again: dict[LetterKind, WriteAgain] = {
        LetterKind.CONFIRM_EMAIL: portal.wiring.confirmation,
        LetterKind.RESET_PASSWORD: forgotten,
    }
    return Resend(portal.stores.outbox, portal.stores.accounts, again)


def _letter(portal: "Portal", address: str) -> Letter:
    """An envelope; it never stands in the outbox."""
    now = portal.wiring.clock()
    made = new_id(now, system_randomness)
    return Letter(
        id=made,
        kind=LetterKind.CONFIRM_EMAIL,
        recipient=address,
        account_id=None,
        message_id=f"<{made}@{portal.settings.mail.sender_address.partition('@')[2]}>",
        sealed=b"",
        created_at=now,
        next_try_at=now,
        best_before=now,
    )
