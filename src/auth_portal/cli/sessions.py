"""`auth-portal sessions`: see and end somebody's sessions."""

from typing import Annotated

from cyclopts import App, Parameter

from auth_portal.cli.opened import Sorry, account_named, opened, wait_for
from auth_portal.cli.screen import table
from auth_portal.core.visitor import NOBODY
from auth_portal.journal.event import Kind
from auth_portal.sessions.session import EndReason

sessions = App(name="sessions", help="See and end somebody's sessions.")


@sessions.command(name="list")
def list_(who: str) -> None:
    """Show the living sessions of a person, newest first.

    Parameters
    ----------
    who
        Address or id of the account.

    """

    async def work() -> None:
        async with opened() as portal:
            account = await account_named(portal, who)
            living = await portal.stores.sessions.living(account.id, account.epoch)
            rows = [
                (one.id, one.name, one.method, one.ip, one.created_at.isoformat(), one.rotated_at.isoformat())
                for one in living
            ]
            table(("id", "name", "signed in by", "address", "since", "last seen"), rows)

    wait_for(work())


@sessions.command
def end(
    session: str | None = None, *, all_of: Annotated[str | None, Parameter(name="--all-of")] = None
) -> None:
    """End one session, or every session of a person; their access tokens stop at once.

    Parameters
    ----------
    session
        Id of the session.
    all_of
        Address or id of the account whose sessions shall all end.

    """
    if (session is None) == (all_of is None):
        raise Sorry("Name a session, or a person with --all-of.")

    async def one(session_id: str) -> None:
        async with opened() as portal:
            found = await portal.stores.sessions.find(session_id)
            now = portal.wiring.clock()
            ended = await portal.stores.sessions.end(session_id, EndReason.BY_OPERATOR, now)
            if found is None or not ended:
                raise Sorry(f"There is no living session {session_id}.")
            await portal.wiring.record(
                Kind.SESSION_ENDED,
                NOBODY,
                account_id=found.account.id,
                session_id=session_id,
                reason=EndReason.BY_OPERATOR.value,
            )
            print("Ended.")

    async def every(who: str) -> None:
        async with opened() as portal:
            account = await account_named(portal, who)
            await portal.stores.accounts.end_everything(account.id, portal.wiring.clock())
            await portal.wiring.record(
                Kind.SESSIONS_ENDED, NOBODY, account_id=account.id, reason=EndReason.BY_OPERATOR.value
            )
            print(f"Every session of {account.email or account.id} has ended.")

    wait_for(one(session) if session is not None else every(str(all_of)))
