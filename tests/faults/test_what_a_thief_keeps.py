"""What somebody who was in keeps once the owner has taken the account back: nothing (OL3, OL12, SO rows)."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auth_portal.accounts.account import Account, Identity
from auth_portal.core.refusal import unavailable
from auth_portal.core.visitor import Visitor
from auth_portal.sessions.session import EndReason
from auth_portal.social.provider import Profile, ProvedEmail
from auth_portal.tickets.ticket import Purpose
from tests.faults.portal_in_process import InProcess, a_portal

pytestmark = pytest.mark.anyio
FRESH = "long words that only the owner knows 9"
OWNER = Visitor("203.0.113.9", "203.0.113.9")
FROM_HERE = Visitor("127.0.0.1", "127.0.0.1")


@pytest.fixture
def anyio_backend() -> str:
    """The one the server runs on."""
    return "asyncio"


async def refusing(*_given: Any, **_named: Any) -> None:
    """The database has gone."""
    raise unavailable("of the test")


async def a_thief(portal: InProcess, account: Account) -> str:
    """Who knows the password, signs in, and so makes a device known; the session's id."""
    assert await portal.sign_in(account) == 200
    return (await portal.portal.stores.sessions.living(account.id, account.epoch))[0].id


async def linked(portal: InProcess, account: Account, session: str, subject: str) -> int:
    """Link a provider's account by the hand-off code, as the session's front end does; the status."""
    stores, tickets = portal.portal.stores, portal.portal.wiring.tickets
    facts = {"provider": "acme", "subject": subject, "email": "", "session": session}
    code = (await tickets.issue(Purpose.LINK_CODE, account.id, **facts)).token
    found = await stores.sessions.find(session)
    assert found is not None
    token, _ = await portal.portal.wiring.access_tokens.write(account.id, session, found.session.rotated_at)
    answer = await portal.post("/auth/social/link", {"code": code}, authorization=f"Bearer {token}")
    return answer.status_code


async def not_me(portal: InProcess, account: Account, session: str) -> None:
    """The button of the letter that told of the session."""
    ticket = await portal.portal.wiring.tickets.issue(Purpose.NOT_ME, account.id, session=session)
    assert (await portal.post("/auth/not-me", {"hash": ticket.token})).status_code == 200


async def reset(portal: InProcess, account: Account) -> None:
    """The owner's, by a letter."""
    now = await portal.portal.stores.accounts.find(account.id)
    assert now is not None
    facts = {"email": str(now.email), "epoch": str(now.epoch)}
    ticket = await portal.portal.wiring.tickets.issue(Purpose.RESET, account.id, **facts)
    body = {"hash": ticket.token, "password": FRESH}
    assert (await portal.post("/auth/reset/password", body)).status_code == 200


async def test_this_was_not_me_takes_back_what_was_linked_since(tmp_path: Path, url: str | None) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        accounts, clock = portal.portal.stores.accounts, portal.portal.wiring.clock
        own = Identity("own", account.id, "acme", "of-the-owner", None, clock() - timedelta(days=1))
        assert await accounts.link(own, epoch=account.epoch)
        session = await a_thief(portal, account)
        ticket = await portal.portal.wiring.tickets.issue(Purpose.NOT_ME, account.id, session=session)
        assert await linked(portal, account, session, "of-the-thief") == 200
        assert (await portal.post("/auth/not-me", {"hash": ticket.token})).status_code == 200
        assert [one.subject for one in await accounts.identities(account.id)] == ["of-the-owner"]
        after = await accounts.find(account.id)
        assert after is not None
        assert after.epoch > account.epoch, "a session that came by what was linked ends too"
        assert "identity_unlinked" in await portal.events(account)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "call",
    [
        "sessions.end_own",
        "tickets.void",
        "devices.forget",
        "accounts.identities",
        "journal.append",
        "accounts.find",
        "tickets.spend",
        "tickets.add",
        "outbox.post",
    ],
)
async def test_the_button_works_again_where_something_failed(tmp_path: Path, call: str, after: bool) -> None:
    """Once the link is spent the account is safe, and the page leads to a reset."""
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person()
        session = await a_thief(portal, account)
        ticket = await portal.portal.wiring.tickets.issue(Purpose.NOT_ME, account.id, session=session)

        async def failing(real: Any, *given: Any, **named: Any) -> None:
            if after:
                await real(*given, **named)
            raise unavailable("of the test")

        portal.fault.instead[call] = failing
        assert (await portal.post("/auth/not-me", {"hash": ticket.token})).status_code == 503
        portal.fault.instead.clear()
        again = (await portal.post("/auth/not-me", {"hash": ticket.token})).status_code
        spent = call in {"tickets.add", "outbox.post"} or (call, after) == ("tickets.spend", True)
        assert again == (400 if spent else 200)
        left = await portal.portal.stores.sessions.living(account.id, account.epoch)
        assert session not in {one.id for one in left}
        assert not await portal.portal.wiring.devices.knows(account.id, FROM_HERE)
        assert await portal.posted("reset_password") == (not spent or (call, after) == ("outbox.post", True))


async def test_whoever_presses_many_times_at_once_gets_one_letter(tmp_path: Path, url: str | None) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        session = await a_thief(portal, account)
        ticket = await portal.portal.wiring.tickets.issue(Purpose.NOT_ME, account.id, session=session)
        said = await asyncio.gather(*(portal.post("/auth/not-me", {"hash": ticket.token}) for _ in range(6)))
        assert sorted(one.status_code for one in said) == [200, 400, 400, 400, 400, 400]
        assert await portal.posted("reset_password") == 1


async def test_what_was_linked_goes_even_where_it_is_the_last_way_in(tmp_path: Path, url: str | None) -> None:
    """The owner has no password, and the thief took the owner's provider away."""
    async with a_portal(tmp_path, url) as portal:
        wiring, accounts = portal.portal.wiring, portal.portal.stores.accounts
        proved = ProvedEmail("ada@example.org", verified=True, primary=True)
        await wiring.settle("acme", Profile("of-the-owner", (proved,), "Ada", "King"), OWNER)
        account = await accounts.find_by_email("ada@example.org")
        assert account is not None
        await wiring.admit(account, FROM_HERE, "acme")
        session = (await portal.portal.stores.sessions.living(account.id, account.epoch))[0].id
        ticket = await wiring.tickets.issue(Purpose.NOT_ME, account.id, session=session)
        (own,) = await accounts.identities(account.id)
        assert await linked(portal, account, session, "of-the-thief") == 200
        assert await accounts.unlink(account.id, own.id)
        assert (await portal.post("/auth/not-me", {"hash": ticket.token})).status_code == 200
        assert await accounts.identities(account.id) == []
        assert await portal.posted("reset_password") == 1, "the way in that is left"


async def test_who_came_by_what_was_linked_while_it_was_taken_back_is_out(
    tmp_path: Path, url: str | None
) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        wiring, accounts = portal.portal.wiring, portal.portal.stores.accounts
        session = await a_thief(portal, account)
        ticket = await wiring.tickets.issue(Purpose.NOT_ME, account.id, session=session)
        assert await linked(portal, account, session, "of-the-thief") == 200

        async def signed_in_meanwhile(unlink: Any, *given: Any, **named: Any) -> Any:
            portal.fault.instead.clear()
            found = await accounts.find_by_identity("acme", "of-the-thief")
            assert found is not None
            done = await unlink(*given, **named)
            await asyncio.create_task(wiring.admit(found, OWNER, "acme"))
            return done

        portal.fault.instead["accounts.unlink"] = signed_in_meanwhile
        assert (await portal.post("/auth/not-me", {"hash": ticket.token})).status_code == 200
        now = await accounts.find(account.id)
        assert now is not None
        assert await portal.portal.stores.sessions.living(now.id, now.epoch) == []


async def test_what_another_session_linked_meanwhile_goes_as_well(tmp_path: Path, url: str | None) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        wiring, stores = portal.portal.wiring, portal.portal.stores
        session = await a_thief(portal, account)
        ticket = await wiring.tickets.issue(Purpose.NOT_ME, account.id, session=session)
        assert await linked(portal, account, session, "of-the-thief") == 200
        before = {one.id for one in await stores.sessions.living(account.id, account.epoch)}
        await wiring.admit(account, FROM_HERE, "acme")
        (second,) = {one.id for one in await stores.sessions.living(account.id, account.epoch)} - before

        async def linked_meanwhile(end: Any, *given: Any, **named: Any) -> Any:
            portal.fault.instead.clear()
            other = asyncio.create_task(linked(portal, account, second, "of-the-thief-too"))
            assert await other == 200
            return await end(*given, **named)

        portal.fault.instead["accounts.end_everything"] = linked_meanwhile
        assert (await portal.post("/auth/not-me", {"hash": ticket.token})).status_code == 200
        assert await stores.accounts.identities(account.id) == []


async def test_nobody_is_signed_out_elsewhere_where_nothing_was_linked(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        account, token = await portal.a_person()
        await not_me(portal, account, await a_thief(portal, account))
        assert await portal.refresh(token) == 200


async def test_linking_that_is_under_way_when_the_session_ends_is_undone(
    tmp_path: Path, url: str | None
) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        session = await a_thief(portal, account)

        async def told_meanwhile(link: Any, *given: Any, **named: Any) -> Any:
            portal.fault.instead.clear()
            await asyncio.create_task(not_me(portal, account, session))  # another request than this one
            return await link(*given, **named)

        portal.fault.instead["accounts.link"] = told_meanwhile
        assert await linked(portal, account, session, "of-the-thief") == 401
        assert await portal.portal.stores.accounts.identities(account.id) == []


async def test_the_owner_is_told_of_a_provider_that_is_linked(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person()
        session = await a_thief(portal, account)
        assert await linked(portal, account, session, "of-the-thief") == 200
        assert await portal.posted("identity_linked") == 1


@pytest.mark.parametrize("call", ["journal.append", "sessions.find", "accounts.unlink"])
async def test_the_owner_is_told_even_where_something_else_fails(tmp_path: Path, call: str) -> None:
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person()
        session = await a_thief(portal, account)

        async def ended_and_failing(link: Any, *given: Any, **named: Any) -> Any:
            if call == "accounts.unlink":
                await portal.portal.stores.sessions.end_own(
                    account.id, session, EndReason.NOT_ME, portal.portal.wiring.clock()
                )
            portal.fault.instead[call] = refusing
            return await link(*given, **named)

        portal.fault.instead["accounts.link"] = ended_and_failing
        assert await linked(portal, account, session, "of-the-thief") == 503
        assert await portal.posted("identity_linked") == 1


async def test_after_a_reset_no_device_is_known(tmp_path: Path, url: str | None) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        await a_thief(portal, account)
        told = await portal.posted("new_device")
        await reset(portal, account)
        said = {"email": account.email, "password": FRESH}
        assert (await portal.post("/auth/login", said)).status_code == 200
        assert await portal.posted("new_device") == told + 1


async def test_after_a_provider_proved_the_address_no_device_is_known(
    tmp_path: Path, url: str | None
) -> None:
    async with a_portal(tmp_path, url) as portal:
        account, _ = await portal.a_person()
        assert await portal.sign_in(account) == 200
        assert await portal.portal.wiring.devices.knows(account.id, FROM_HERE)
        proved = ProvedEmail(str(account.email), verified=True, primary=True)
        await portal.portal.wiring.settle("acme", Profile("sub-1", (proved,), "Ada", "King"), OWNER)
        assert not await portal.portal.wiring.devices.knows(account.id, FROM_HERE)


async def test_after_a_registration_proved_the_address_no_device_is_known(tmp_path: Path) -> None:
    async with a_portal(tmp_path) as portal:
        account, _ = await portal.a_person()
        assert await portal.sign_in(account) == 200
        facts = {"first_name": "Ada", "last_name": "King", "hash": "x", "locale": ""}
        ticket = await portal.portal.wiring.tickets.issue(Purpose.REGISTRATION, str(account.email), **facts)
        assert (await portal.post("/auth/email/confirm", {"hash": ticket.token})).status_code == 200
        assert not await portal.portal.wiring.devices.knows(account.id, FROM_HERE)
