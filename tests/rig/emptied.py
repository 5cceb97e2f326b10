"""Empties a PostgreSQL database of ours, so that a later test finds it as if it were new."""

import asyncpg

MOST = 500  # rows: where more were, emptying leaves too much behind
OTHERS = """
SELECT bool_and(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SHAPE = """
SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
  SELECT format('%s.%s %s %s', table_name, column_name, data_type, is_nullable) AS line
    FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT format('version %s', version_num) FROM alembic_version
  UNION ALL SELECT format('set %s', setconfig) FROM pg_db_role_setting
    JOIN pg_database found ON found.oid = setdatabase WHERE datname = current_database()
) AS lines
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


async def shape(url: str) -> str:
    """Its tables, columns and indexes, the schema's version, settings of its own."""
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(SHAPE))
    finally:
        await connection.close()


async def emptied(url: str, as_new: str) -> bool:
    """Cut everybody off and delete every row; False when it is no longer what `shape` saw, or held much."""
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError):
        return False
    try:
        if await connection.fetchval(OTHERS) is False or await connection.fetchval(SHAPE) != as_new:
            return False
        rows = 0
        for table in await connection.fetch(TABLES):
            done = await connection.execute(f'DELETE FROM "{table[0]}"')
            rows += int(done.removeprefix("DELETE "))
    except (OSError, asyncpg.PostgresError):
        return False
    else:
        return rows <= MOST
    finally:
        await connection.close()
