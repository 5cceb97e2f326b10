"""What is kept (RF16): no token works that can be read from the database, the files or the log."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from auth_portal.core.secrets import decode
from tests.conftest import StartPortal
from tests.rig.person import Device
from tests.rig.server import Portal

FRESH = "another quiet harbour 43"


def issued_to(device: Device) -> list[str]:
    """The tokens that the device has now, and its cookies."""
    return [device.token, device.refresh_token, *(cookie.value or "" for cookie in device.client.cookies.jar)]


def a_life(portal: Portal) -> list[str]:
    """Sign up, confirm, rotate, reset, sign in elsewhere; returns every secret that was handed out."""
    person = portal.a_person()
    secrets = [person.password, FRESH, portal.letters.hash(person.email, "Confirm email")]
    secrets += issued_to(person.device)
    person.confirm()
    person.device.refresh()
    secrets += issued_to(person.device)
    link = person.ask_for_reset()
    pending = person.ask_for_reset(2)
    assert person.reset(FRESH, link).status_code == 200
    phone = person.another_device("phone", network="198.51.100.9")
    secrets += [
        link,
        pending,
        *issued_to(phone),
        portal.letters.hash(person.email, "New sign-in to your account"),
    ]
    unused = portal.a_person()
    secrets += [unused.ask_for_reset(), *issued_to(unused.device)]
    portal.device().refresh(phone.refresh_token[:-2] + "AA")
    portal.device().login(person.email, "a wrong password that somebody typed")
    return [*secrets, "a wrong password that somebody typed"]


def forms(secret: str) -> Iterator[bytes]:
    """As text, and what can be read out of it."""
    yield secret.encode()
    for prefix in ("aprt_", "aplk_"):
        if secret.startswith(prefix):
            yield secret.removeprefix(prefix).encode()
            yield decode(secret.removeprefix(prefix))[-32:]
    if secret.count(".") == 2:
        yield secret.rpartition(".")[2].encode()


def search(where: str, haystack: bytes, secrets: list[str]) -> None:
    """None of them is there."""
    for number, secret in enumerate(secrets):
        for form in forms(secret):
            assert form not in haystack, f"secret {number} ({secret[:8]}…) stands in {where}"


@pytest.mark.row("RF16")
@pytest.mark.row("OP14")
def test_no_secret_is_in_any_file(start_portal: StartPortal) -> None:
    """Letters excepted: the folder stands for the recipients' mailboxes."""
    portal = start_portal(LOG_LEVEL="debug")
    secrets = [secret for secret in a_life(portal) if secret]
    assert len(secrets) > 15
    files = [path for path in portal.folder.rglob("*") if path.is_file() and "mail" not in path.parts]
    assert any(path.suffix == ".db" for path in files)
    for path in files:
        search(path.name, path.read_bytes(), secrets)
    portal.stop()
    search("the database at rest", Path(portal.folder / "auth-portal.db").read_bytes(), secrets)
    assert portal.log()


@pytest.mark.row("RF16")
def test_no_secret_is_in_a_dump_of_postgresql(empty_postgresql: str, start_portal: StartPortal) -> None:
    portal = start_portal({"DATABASE_URL": empty_postgresql})
    secrets = [secret for secret in a_life(portal) if secret]
    search("the dump", asyncio.run(dump(empty_postgresql)), secrets)
    search("the log", portal.log().encode(), secrets)


async def dump(url: str) -> bytes:
    """Every value of every table, bytes as they are."""
    connection = await asyncpg.connect(url)
    try:
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        parts = []
        for (name,) in names:
            for row in await connection.fetch(f'SELECT * FROM "{name}"'):
                parts += [
                    value if isinstance(value, bytes) else str(value).encode() for value in row.values()
                ]
    finally:
        await connection.close()
    assert len(parts) > 50
    return b"\n".join(parts)
