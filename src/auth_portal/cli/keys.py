"""`auth-portal keys`: the keys that sign access tokens."""

from typing import Annotated

from cyclopts import App, Parameter

from auth_portal.cli.opened import Sorry, opened, wait_for
from auth_portal.cli.screen import table
from auth_portal.core.visitor import NOBODY
from auth_portal.journal.event import Kind

keys = App(name="keys", help="The keys that sign access tokens.")


@keys.command(name="list")
def list_() -> None:
    """Show every key: since when it signs, and whether it is retired."""

    async def work() -> None:
        async with opened() as portal:
            rows = [
                (
                    key.kid,
                    key.algorithm,
                    key.created_at.isoformat(),
                    key.signs_from.isoformat(),
                    key.retired_at.isoformat() if key.retired_at else "",
                )
                for key in await portal.stores.signing_keys.all()
            ]
            table(("kid", "algorithm", "made", "signs from", "retired"), rows)

    wait_for(work())


@keys.command
def rotate() -> None:
    """Make a new key. It is published now and signs in ten minutes; nobody is signed out."""

    async def work() -> None:
        async with opened() as portal:
            try:
                kid = await portal.wiring.keys.rotate()
            except ValueError as fault:
                raise Sorry(str(fault)) from None
            print(kid)
            await portal.wiring.record(Kind.KEY_ROTATED, NOBODY, kid=kid, did="made")

    wait_for(work())


@keys.command
def retire(kid: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Stop accepting what a key has signed, within seconds; sessions live on by refreshing.

    Parameters
    ----------
    kid
        Id of the key, as `keys list` shows it.

    """

    async def work() -> None:
        async with opened() as portal:
            if not await portal.wiring.keys.retire(kid):
                raise Sorry(f"There is no living key {kid}.")
            print("Retired.")
            await portal.wiring.record(Kind.KEY_ROTATED, NOBODY, kid=kid, did="retired")

    wait_for(work())
