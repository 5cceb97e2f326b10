"""PostgreSQL from a wheel: one cluster for a whole run, a database of its own for each test."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg

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
    yield from _database("")


@contextmanager
def migrated_database() -> Iterator[str]:
    """The URL of a new database that has our schema already: copied, so that tests start fast."""
    with one_at_a_time("template"):
        if not _exists(TEMPLATE):
            run_sql(f"{cluster()}/postgres", f"CREATE DATABASE {TEMPLATE}_new")
            _migrate(f"{cluster()}/{TEMPLATE}_new")
            run_sql(f"{cluster()}/postgres", f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")
    yield from _database(f" TEMPLATE {TEMPLATE}")


def _database(origin: str) -> Iterator[str]:
    """Create, hand out, drop."""
    name = f"test_{uuid4().hex}"
    url = cluster()
    with one_at_a_time("template"):  # a template may be copied by one at a time
        run_sql(f"{url}/postgres", f"CREATE DATABASE {name}{origin}")
    try:
        yield f"{url}/{name}"
    finally:
        run_sql(f"{url}/postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


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
