"""Everything that lies in a database, as a thief of it would read it."""

import asyncio
from pathlib import Path

import asyncpg


def everything_on_disk(folder: Path) -> bytes:
    """SQLite's files as they are: pages, free pages and the write-ahead log."""
    return b"\n".join(path.read_bytes() for path in sorted(folder.glob("auth-portal.db*")))


def everything_in_postgresql(url: str) -> bytes:
    """Every row of every table, bytes written as hexadecimal and as they are."""

    async def read() -> bytes:
        connection = await asyncpg.connect(url)
        try:
            names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            parts: list[bytes] = []
            for name in names:
                for row in await connection.fetch(f'SELECT * FROM "{name[0]}"'):
                    parts += [_as_bytes(value) for value in row.values()]
        finally:
            await connection.close()
        return b"\n".join(parts)

    return asyncio.run(read())


def _as_bytes(value: object) -> bytes:
    """As it is."""
    return value if isinstance(value, bytes) else str(value).encode()
