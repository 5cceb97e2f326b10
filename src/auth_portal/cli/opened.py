"""The portal as commands use it: opened on the same settings, closed when they are done."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from auth_portal.core.refusal import UNAVAILABLE, Refusal

if TYPE_CHECKING:
    from auth_portal.accounts.account import Account
    from auth_portal.app import Portal
    from auth_portal.core.log import Log
    from auth_portal.settings.settings import Settings

T = TypeVar("T")

NO_ANSWER = "See DATABASE_URL, and that the database runs; `auth-portal doctor` looks at everything."


class CannotStart(Exception):  # noqa: N818 -- an expected no
    """The settings cannot be used; every mistake is named."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Sorry(Exception):  # noqa: N818 -- an expected no
    """The command cannot do what was asked; the text says why."""


def settings(*, fresh: bool = False, looking: bool = False) -> "Settings":
    """What the environment and `.env` say. Raises CannotStart with all mistakes.

    `fresh` commands may begin a new data folder; the others only work where one is. Those that are also
    `looking` work where none is, and begin none.
    """
    from auth_portal.settings.reader import BadSettings  # noqa: PLC0415 -- heavy
    from auth_portal.settings.settings import settings_here  # noqa: PLC0415

    try:
        return settings_here(fresh=fresh, looking=looking)
    except BadSettings as bad:
        raise CannotStart(bad.mistakes) from None


def command_log(chosen: "Settings") -> "Log":
    """What commands log (the journal's lines, warnings) goes to standard error."""
    from auth_portal.logs import make_log  # noqa: PLC0415 -- heavy

    return make_log(chosen.log_format, chosen.log_level, chosen.environment == "production")


@asynccontextmanager
async def opened() -> "AsyncIterator[Portal]":
    """The wired server without its front door and its loops."""
    from auth_portal.app import WrongRootSecret, open_portal  # noqa: PLC0415 -- heavy
    from auth_portal.storage.stores import StorageError  # noqa: PLC0415

    chosen = settings()
    missing = no_database(chosen)
    if missing is not None:
        raise Sorry(missing)
    try:
        portal = await open_portal(chosen, command_log(chosen), migrate=False)
    except WrongRootSecret as wrong:
        raise CannotStart((str(wrong),)) from None
    except StorageError as fault:
        raise Sorry(str(fault)) from None
    try:
        yield portal
    finally:
        await portal.close()


def no_database(chosen: "Settings") -> str | None:
    """What to say where there is no SQLite file: a command in the wrong folder makes none there."""
    file = Path(chosen.storage.url.removeprefix("sqlite:///"))
    if chosen.storage.engine != "sqlite" or os.access(file, os.F_OK):  # one that may not be seen is none
        return None
    return (
        f"There is no database at {file}: `auth-portal serve` or `migrate` makes one."
        " If yours lies elsewhere, set DATA_DIR, or run this in the folder of its .env."
    )


def wait_for(work: Coroutine[object, object, T]) -> T:
    """Run to the end; a refusal of ours becomes a sentence."""
    try:
        return asyncio.run(work)
    except Refusal as refusal:
        if refusal.refused is UNAVAILABLE:
            raise Sorry(f"This needs the database: {refusal.cause}. {NO_ANSWER}") from None
        said = [f"{name}: {', '.join(texts)}" for name, texts in refusal.errors.items()]
        reason = f" ({refusal.cause})" if refusal.cause else ""
        raise Sorry("; ".join(said) or refusal.refused.sentence + reason) from None


async def account_named(portal: "Portal", who: str) -> "Account":
    """The account with that address or id. Raises Sorry when there is none."""
    from auth_portal.accounts.email_address import normalise  # noqa: PLC0415 -- heavy

    found = None
    if "@" in who:
        try:
            found = await portal.stores.accounts.find_by_email(normalise(who))
        except ValueError:
            raise Sorry(f"{who} is no e-mail address") from None
    else:
        found = await portal.stores.accounts.find(who)
    if found is None or found.deleted_at is not None:
        raise Sorry(f"There is no account {who}.")
    return found
