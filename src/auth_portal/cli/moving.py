"""`auth-portal import` and `export`: moving in from the original or from a file, and moving out."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

from cyclopts import App, Parameter

from auth_portal.app import choose_clock
from auth_portal.cli.opened import Sorry, opened, wait_for
from auth_portal.cli.screen import complain
from auth_portal.core.clock import Clock
from auth_portal.core.secrets import system_randomness
from auth_portal.journal.record import Record
from auth_portal.moving.dump import Dump, NoDumpError
from auth_portal.moving.move_in import MoveIn, Told
from auth_portal.moving.move_out import MoveOut
from auth_portal.moving.report import Report
from auth_portal.moving.source import Source
from auth_portal.moving.user_file import UserFile
from auth_portal.passwords.foreign import is_foreign, matches
from auth_portal.passwords.hashing import is_ours
from auth_portal.storage.stores import StorageError, Stores

MOST_NOTES = 20

import_ = App(name="import", help="Move people in: from the original, or from a file.")
export = App(name="export", help="Move people out.")


class Quiet:
    """The log of a run over thousands of rows: the journal keeps each, the screen shows the sum."""

    def info(self, event: str, **facts: object) -> None:
        """Nothing."""

    def warning(self, event: str, **facts: object) -> None:
        """To standard error."""
        complain(f"{event} {facts}")

    error = warning


@import_.command
def original(
    *,
    source: Annotated[str | None, Parameter(name="--from")] = None,
    dump: Annotated[Path | None, Parameter(name="--from-dump")] = None,
    apply: bool = False,
    report: Path | None = None,
) -> None:
    """Take over the accounts of the original. Without --apply it only says what would happen.

    May be run again at any time: who is here already is left alone, who is missing comes.

    Parameters
    ----------
    source
        mongodb://… of the original's database; it is only read.
    dump
        A file that `mongoexport --collection users` wrote, or a folder with users.json in it.
    apply
        Do it.
    report
        Write every remark, row by row, to this file as well.

    """
    if (source is None) == (dump is None):
        raise Sorry("Name the original's database with --from, or a file with --from-dump.")
    _require_writable(report)

    async def work() -> Report:
        async with opened() as portal:
            clock = choose_clock(portal.settings)
            if dump is not None:
                return await _move_in(
                    portal.stores, clock, Dump(dump, clock, understood), "original", apply=apply
                )
            from auth_portal.storage.mongo.original import open_original  # noqa: PLC0415 -- heavy

            try:
                database = open_original(str(source), clock, understood)
            except StorageError as fault:
                raise Sorry(str(fault)) from None
            try:
                return await _move_in(portal.stores, clock, database, "original", apply=apply)
            finally:
                await database.close()

    _say(wait_for(work()), report)


@import_.command
def users(file: Path, *, apply: bool = False, report: Path | None = None) -> None:
    """Take over accounts from a file. Without --apply it only says what would happen.

    Hashes may be argon2id, bcrypt, scrypt, PBKDF2 as Django keeps it, Firebase's scrypt: people keep
    their passwords, which are hashed anew when they sign in.

    Parameters
    ----------
    file
        JSON lines, or CSV with a head line; docs/migrating.md names the fields.
    apply
        Do it.
    report
        Write every remark, row by row, to this file as well.

    """
    _require_writable(report)

    async def work() -> Report:
        async with opened() as portal:
            clock = choose_clock(portal.settings)
            return await _move_in(
                portal.stores, clock, UserFile(file, clock, understood), "file", apply=apply
            )

    _say(wait_for(work()), report)


@export.command(name="users")
def export_users(file: Annotated[Path, Parameter(allow_leading_hyphen=True)]) -> None:
    """Write every account with its password hash and identities to a file that only you may read.

    Parameters
    ----------
    file
        A new file, .jsonl or .csv; `-` is standard output.

    """

    async def work() -> None:
        async with opened() as portal:
            out = MoveOut(portal.stores.accounts)
            with _new_file(file) as target, _progress("Exporting", None) as told:
                write = out.write_csv if file.suffix.lower() == ".csv" else out.write_lines
                many = await write(target, told)
            print(
                f"{many} accounts, with their hashes: keep {file} as you would keep passwords.",
                file=sys.stderr,
            )

    wait_for(work())


def understood(stored: str) -> bool:
    """Sign-in can check a hash of this form."""
    return is_foreign(stored) or is_ours(stored)


async def _move_in(stores: Stores, clock: Clock, source: Source, name: str, *, apply: bool) -> Report:
    """Run it with a progress bar, then say what was found."""
    record = Record(stores.journal, clock, system_randomness, Quiet(), lambda _kind, _outcome: None)
    move_in = MoveIn(
        stores.accounts, stores.journal, record, clock, system_randomness, lambda stored: matches(b"", stored)
    )
    try:
        with _progress("Reading and writing" if apply else "Reading", await source.count()) as told:
            found = await move_in(source, name, apply=apply, told=told)
    except NoDumpError as missing:
        raise Sorry(str(missing)) from None
    except OSError as fault:
        raise Sorry(f"{fault.filename or 'The file'} cannot be read: {fault.strerror}") from None
    return found


def _require_writable(report: Path | None) -> None:
    """Before anything is done, not after it. Raises Sorry."""
    try:
        if report is not None:
            report.open("a").close()
    except OSError as fault:
        raise Sorry(f"{report} cannot be written: {fault.strerror}") from None


def _say(found: Report, file: Path | None) -> None:
    """The report, and the first remarks row by row; all of them into `file`."""
    if file is not None:
        notes = "".join(f"{where}\t{what}\n" for where, what in found.notes)
        file.write_text(notes, encoding="utf-8", errors="backslashreplace")
    for line in found.lines():
        print(line)
    if found.notes:
        shown = min(MOST_NOTES, len(found.notes))
        print(f"row by row, {shown} of {len(found.notes)} (--report FILE has all)")
    for where, what in found.notes[:MOST_NOTES]:
        print(f"  {where}: {what}")


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Told]:
    """A bar on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _many: None
        return
    from rich.console import Console  # noqa: PLC0415 -- only a terminal needs it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=total)
        yield lambda many: bar.advance(task, many)


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file that only its owner may read, made now. Raises Sorry when it is there already."""
    if str(path) == "-":
        yield sys.stdout
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Sorry(f"{path} exists already.") from None
    except OSError as fault:
        raise Sorry(f"{path} cannot be written: {fault.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        yield file
