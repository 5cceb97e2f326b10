"""PostgreSQL from a wheel: one cluster for a whole run, a database of its own for each test.

A database with our schema is emptied when a test is done with it, and handed to a later one: making a
database costs more than most tests do. One whose schema was touched, or that holds much, is dropped.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg

from tests.rig.emptied import emptied, shape
from tests.rig.ports import free_port
from tests.rig.run import one_at_a_time, owner

KEEPER = Path(__file__).with_name("keeper.py")
START_SECONDS = 90
TEMPLATE = "migrated"


def cluster() -> str:
    """The URL of the run's cluster, without a database name; the first to ask starts it."""
    with one_at_a_time("postgresql") as folder:
        ready = folder / "postgresql.url"
        if not ready.exists():
            port = free_port()
            command = [sys.executable, KEEPER, folder / "postgresql", str(owner()), str(port)]
            log = (folder / "keeper.log").open("wb")
            keeper = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            keeper.returncode = 0  # it outlives us by design: no warning that it still runs
            log.close()
            url = f"postgresql://postgres@127.0.0.1:{port}"
            _wait_until_it_answers(url, folder)
            ready.write_text(url)
        return ready.read_text()


def run_sql(url: str, *statements: str) -> None:
    """Execute statements outside any transaction, on a connection of their own."""

    async def execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())


@contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a new, empty database, dropped afterwards."""
    url = _created()
    try:
        yield url
    finally:
        _drop(url)


@contextmanager
def migrated_database() -> Iterator[str]:
    """The URL of a database that has our schema already, and nothing in it."""
    url, as_new = _spare.pop() if _spare else _copied()
    try:
        yield url
    finally:
        if asyncio.run(emptied(url, as_new)):
            _spare.append((url, as_new))
        else:
            _drop(url)


_spare: list[tuple[str, str]] = []  # of this process, each with its shape


def _copied() -> tuple[str, str]:
    """A copy of the run's database with our schema, which the first to ask makes."""
    with one_at_a_time("making the template"):
        if not _exists(TEMPLATE):
            run_sql(f"{cluster()}/postgres", f"CREATE DATABASE {TEMPLATE}_new")
            _migrate(f"{cluster()}/{TEMPLATE}_new")
            run_sql(f"{cluster()}/postgres", f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")
    url = _created(f" TEMPLATE {TEMPLATE}")
    return url, asyncio.run(shape(url))


def _created(origin: str = "") -> str:
    """The URL of a new database."""
    name = f"test_{uuid4().hex}"
    with one_at_a_time("template"):  # a template may be copied by one at a time
        run_sql(f"{cluster()}/postgres", f"CREATE DATABASE {name}{origin}")
    return f"{cluster()}/{name}"


def _drop(url: str) -> None:
    """Whoever is still connected is cut off."""
    around, _, name = url.rpartition("/")
    run_sql(f"{around}/postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _exists(name: str) -> bool:
    """A database of that name is there."""
    url = cluster()  # may start it, which runs a loop of its own

    async def look() -> bool:
        connection = await asyncpg.connect(f"{url}/postgres")
        try:
            found = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        finally:
            await connection.close()
        return found is not None

    return asyncio.run(look())


def _migrate(url: str) -> None:
    """Bring our schema into an empty database, with the command that operators use."""
    from tests.rig.server import environment  # noqa: PLC0415 -- the server's rig stands on this one

    command = [sys.executable, "-m", "auth_portal", "migrate"]
    settings = environment(DATABASE_URL=url)
    subprocess.run(command, env=settings, check=True, capture_output=True, timeout=120)


def _wait_until_it_answers(url: str, folder: Path) -> None:
    """Up to a minute and a half: a fresh cluster on a busy machine takes its time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            run_sql(f"{url}/postgres", "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.2)
        else:
            return
    said = [
        path.read_text() for path in (folder / "keeper.log", folder / "postgresql" / "log") if path.exists()
    ]
    raise AssertionError("PostgreSQL did not start:\n" + "\n".join(said))
