"""`auth-portal user`: make, show, shut, open and delete accounts."""

import sys
import unicodedata
from getpass import getpass
from typing import TYPE_CHECKING

from cyclopts import App
from msgspec.structs import replace

from auth_portal.accounts.account import Account
from auth_portal.accounts.email_address import normalise
from auth_portal.cli.opened import Sorry, account_named, opened, wait_for
from auth_portal.core.ids import new_id
from auth_portal.core.secrets import system_randomness
from auth_portal.core.visitor import NOBODY
from auth_portal.http.form import CONTROLS, LONGEST_NAME
from auth_portal.journal.event import Kind

if TYPE_CHECKING:
    from auth_portal.app import Portal

users = App(name="user", help="Make, show, shut, open and delete accounts.")


@users.command
def create(
    email: str,
    *,
    first_name: str = "",
    last_name: str = "",
    confirmed: bool = False,
    password: bool = True,
) -> None:
    """Make an account; the password is asked for, or read from standard input.

    Parameters
    ----------
    email
        The person's address.
    first_name
        The person's first name.
    last_name
        The person's last name.
    confirmed
        The address is known to be the person's.
    password
        With --no-password the person sets one by "forgot password".

    """
    chosen = _ask_password() if password else None

    async def work() -> None:
        async with opened() as portal:
            account = await _new_account(portal, email, (first_name, last_name), chosen, confirmed=confirmed)
            if not await portal.stores.accounts.create(account):
                raise Sorry(f"There is an account with {account.email} already.")
            await portal.wiring.record(Kind.REGISTERED, NOBODY, account_id=account.id, method="operator")
            print(account.id)

    wait_for(work())


@users.command
def show(who: str) -> None:
    """Show an account: never a hash, never a token.

    Parameters
    ----------
    who
        Address or id of the account.

    """

    async def work() -> None:
        async with opened() as portal:
            account = await account_named(portal, who)
            living = await portal.stores.sessions.living(account.id, account.epoch)
            identities = await portal.stores.accounts.identities(account.id)
            for name, value in _facts(account).items():
                print(f"{name:<12} {value}")
            print(f"{'identities':<12} {', '.join(one.provider for one in identities) or 'none'}")
            print(f"{'sessions':<12} {len(living)}")

    wait_for(work())


@users.command
def disable(who: str) -> None:
    """Shut an account: every session ends at once.

    Parameters
    ----------
    who
        Address or id of the account.

    """

    async def work() -> None:
        async with opened() as portal:
            account = await account_named(portal, who)
            await portal.stores.accounts.disable(account.id, portal.wiring.clock())
            await portal.wiring.record(Kind.ACCOUNT_DISABLED, NOBODY, account_id=account.id)
            print("Disabled; every session has ended.")

    wait_for(work())


@users.command
def enable(who: str) -> None:
    """Open a disabled account again; its old sessions stay ended.

    Parameters
    ----------
    who
        Address or id of the account.

    """

    async def work() -> None:
        async with opened() as portal:
            account = await account_named(portal, who)
            if not await portal.stores.accounts.enable(account.id, portal.wiring.clock()):
                raise Sorry("This account is not disabled.")
            await portal.wiring.record(Kind.ACCOUNT_ENABLED, NOBODY, account_id=account.id)
            print("Enabled.")

    wait_for(work())


@users.command
def set_password(who: str) -> None:
    """Set a password (asked for, or from standard input); every session ends.

    Parameters
    ----------
    who
        Address or id of the account.

    """
    chosen = _ask_password()

    async def work() -> None:
        async with opened() as portal:
            account = await account_named(portal, who)
            fresh = await _hash(portal, chosen, account)
            epoch = await portal.stores.accounts.set_password(
                account.id, fresh, seen=account.password_hash, epoch=account.epoch, now=portal.wiring.clock()
            )
            if epoch is None:
                raise Sorry("The account changed at the same moment. Please try again.")
            await portal.wiring.record(Kind.PASSWORD_SET, NOBODY, account_id=account.id, method="operator")
            print("Set; every session has ended.")

    wait_for(work())


@users.command
def delete(who: str, *, yes: bool = False) -> None:
    """Delete an account and what hangs on it; this cannot be taken back.

    Parameters
    ----------
    who
        Address or id of the account.
    yes
        Do it without asking.

    """
    if not yes and input(f"Delete {who} for good? [y/N] ").lower() != "y":
        raise Sorry("Nothing was deleted.")

    async def work() -> None:
        async with opened() as portal:
            account = await account_named(portal, who)
            await portal.wiring.remove(account, NOBODY)
            print("Deleted.")

    wait_for(work())


def _facts(account: Account) -> dict[str, str]:
    """What an operator may see of an account."""
    confirmed, disabled = account.email_confirmed_at, account.disabled_at
    return {
        "id": account.id,
        "email": account.email or "none",
        "name": f"{account.first_name} {account.last_name}".strip(),
        "created": account.created_at.isoformat(),
        "confirmed": confirmed.isoformat() if confirmed else "no",
        "password": "yes" if account.password_hash else "no",
        "disabled": disabled.isoformat() if disabled else "no",
        "failures": str(account.failures),
    }


async def _new_account(
    portal: "Portal", email: str, names: tuple[str, str], password: str | None, *, confirmed: bool
) -> Account:
    """The account as it will be inserted. Raises Sorry for what is no address or no good password."""
    try:
        address = normalise(email)
    except ValueError:
        raise Sorry(f"{email} is no e-mail address") from None
    first, last = (_checked_name(name) for name in names)
    now = portal.wiring.clock()
    account = Account(
        id=new_id(now, system_randomness),
        email=address,
        first_name=first,
        last_name=last,
        created_at=now,
        updated_at=now,
        email_confirmed_at=now if confirmed else None,
    )
    if password is None:
        return account
    return replace(account, password_hash=await _hash(portal, password, account))


def _checked_name(text: str) -> str:
    """A name as registration would take it, or none. Raises Sorry."""
    name = text.strip()
    if len(name) > LONGEST_NAME or any(unicodedata.category(mark) in CONTROLS for mark in name):
        raise Sorry(f"A name has at most {LONGEST_NAME} characters and no control characters.")
    return name


async def _hash(portal: "Portal", password: str, account: Account) -> str:
    """The hash of a password that meets the policy; Sorry names every fault of one that does not."""
    chosen = portal.wiring.policy.normalise(password)
    words = (account.email or "", account.first_name, account.last_name)
    faults = portal.wiring.policy.faults(chosen, words)
    if faults:
        raise Sorry("; ".join(faults))
    return await portal.wiring.hasher.hash(chosen)


def _ask_password() -> str:
    """Twice on a terminal without showing it, once from a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass("Password: ")
    if first != getpass("Once more: "):
        raise Sorry("The two differ.")
    return first
