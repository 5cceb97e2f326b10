"""Writes the files under `compiled/`: `python -m auth_portal.storage.sql.compiling`."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql
from sqlalchemy.dialects.sqlite import dialect as sqlite
from sqlalchemy.engine import Dialect

from auth_portal.storage.sql import account_statements
from auth_portal.storage.sql.device_statements import device_statements
from auth_portal.storage.sql.driver import Statement, compile_for
from auth_portal.storage.sql.journal_statements import journal_statements
from auth_portal.storage.sql.outbox_statements import outbox_statements
from auth_portal.storage.sql.session_statements import session_statements
from auth_portal.storage.sql.signing_key_statements import signing_key_statements
from auth_portal.storage.sql.statements import Statements, file_of
from auth_portal.storage.sql.ticket_statements import ticket_statements

DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite(paramstyle="named"),
    "postgresql": postgresql(),  # type: ignore[no-untyped-call]
}


@dataclass(frozen=True)
class Compiler:
    """Prepares statements for one database without opening it."""

    dialect: Dialect

    def prepare(self, declared: Executable) -> Statement:
        """See the protocol."""
        return compile_for(self.dialect, declared)


def compiled(engine: str) -> Statements:
    """What is declared, compiled for sqlite or postgresql."""
    compiler = Compiler(DIALECTS[engine])
    return Statements(
        account_reads=account_statements.reads(compiler),
        account_writes=account_statements.writes(compiler),
        account_links=account_statements.links(compiler),
        devices=device_statements(compiler),
        journal=journal_statements(compiler),
        outbox=outbox_statements(compiler),
        sessions=session_statements(compiler),
        signing_keys=signing_key_statements(compiler),
        tickets=ticket_statements(compiler),
    )


def written(engine: str) -> bytes:
    """The same as the bytes of its file."""
    return msgspec.json.format(msgspec.json.encode(compiled(engine)), indent=2) + b"\n"


def main() -> None:
    """Write every file."""
    for engine in DIALECTS:
        file_of(engine).write_bytes(written(engine))


if __name__ == "__main__":
    main()
