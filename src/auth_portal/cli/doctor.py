"""`auth-portal doctor`: looks at everything a deployment hangs on, and says how to mend what is wrong."""

from auth_portal.cli.checks_of_parts import (
    EMPTY,
    about_database,
    about_keys,
    about_letters,
    about_limits,
    about_relay,
    about_root,
)
from auth_portal.cli.checks_of_providers import about_providers
from auth_portal.cli.checks_of_settings import (
    Line,
    Mark,
    about_clock,
    about_data,
    about_new_files,
    about_origins,
    about_proxies,
    about_social,
)
from auth_portal.cli.opened import CannotStart, command_log, no_database, settings, wait_for
from auth_portal.core.refusal import Refusal
from auth_portal.settings.settings import Settings
from auth_portal.storage.stores import StorageError

SIGNS = {Mark.GOOD: "ok  ", Mark.MIND: "mind", Mark.BAD: "BAD "}
FIX = "       fix: "


def doctor() -> int:
    """Look at settings, database, schema, keys, mail, origins, proxies and clock; 1 if anything is bad.

    Nothing is made: before the first start it looks at what is there already.
    """
    try:
        chosen = settings(fresh=True, looking=True)
    except CannotStart as refused:
        lines = [
            Line(Mark.BAD, mistake, "correct it in the environment or in .env")
            for mistake in refused.mistakes
        ]
        return _tell(lines)
    lines = [Line(Mark.GOOD, f"settings: {chosen.environment}, {chosen.http.backend}")]
    lines += [Line(Mark.MIND, warning) for warning in chosen.warnings]
    lines += [
        *about_data(chosen),
        *about_origins(chosen.http),
        *about_social(chosen.social, chosen.http),
        *about_proxies(chosen.http),
        *about_clock(),
    ]
    lines += wait_for(_parts(chosen))
    return _tell(lines)


async def _parts(chosen: Settings) -> list[Line]:
    """Everything that lies outside this process."""
    from auth_portal.app import open_stores  # noqa: PLC0415 -- heavy

    lines = [
        *await about_relay(chosen.mail),
        *await about_providers(chosen.social),
        *await about_limits(chosen.storage.redis_url, command_log(chosen)),
    ]
    missing = no_database(chosen)
    if missing is not None:
        return [*lines, Line(Mark.MIND, f"database: {missing}"), *about_new_files(chosen)]
    try:
        stores = await open_stores(chosen, command_log(chosen))
    except (StorageError, OSError) as fault:
        fix = "see DATA_DIR" if chosen.storage.engine == "sqlite" else "see DATABASE_URL, and that it runs"
        return [*lines, Line(Mark.BAD, f"database: {fault}", fix)]
    try:
        found = await about_database(stores)
        lines += found
        if all(line.mark is not Mark.BAD and not line.text.startswith(EMPTY) for line in found):
            lines += [
                *await about_root(stores, chosen.root),
                *await about_keys(stores, chosen),
                *await about_letters(stores),
            ]
    except StorageError as fault:
        lines.append(Line(Mark.BAD, f"schema: {fault}"))
    except Refusal as refusal:
        lines.append(Line(Mark.BAD, f"database: {refusal}", "see DATABASE_URL, and that it runs"))
    finally:
        await stores.close()
    return lines


def _tell(lines: list[Line]) -> int:
    """Print every line and a verdict; returns the exit status."""
    for line in lines:
        print(SIGNS[line.mark], line.text)
        if line.fix:
            print(FIX + line.fix)
    bad = sum(line.mark is Mark.BAD for line in lines)
    print(f"\n{bad} to mend." if bad else "\nAll is well: ok.")
    return 1 if bad else 0
