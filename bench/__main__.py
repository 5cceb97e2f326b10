"""`make bench`: every workload on SQLite and PostgreSQL beside its limit, medians of interleaved rounds."""

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.databases import databases
from bench.figures import Figure, table
from bench.limits import (
    bare_hash,
    bare_round,
    bare_server,
    raw_postgresql_read,
    raw_sqlite_read,
    raw_sqlite_update,
    token_work,
)
from bench.workloads import Bench


def main() -> int:
    """Run, print the table, write the JSON."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--accounts", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=2.0, help="aim of one round")
    options.add_argument("--engines", default="sqlite,postgresql,mongodb")
    options.add_argument("--json", type=Path, default=None)
    chosen = options.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prog_name()) as folder:
        for engine in chosen.engines.split(","):
            with databases(engine, Path(folder)) as (url, pids):
                bench = Bench(Path(folder) / engine, engine, url, chosen.accounts, pids)
                try:
                    bench.open()
                    figures += bench.measure(chosen.rounds, chosen.seconds)
                    figures += limits(bench, Path(folder))
                finally:
                    bench.close()
    print(table(figures))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n")
    return 0


def prog_name() -> str:
    """The prefix of the temporary folder."""
    return "auth-portal-bench-"


def limits(bench: Bench, folder: Path) -> list[Figure]:
    """What the machine itself takes for the same, in this run."""
    ids = [bench.people.session_id(number) for number in range(min(bench.people.count, 1000))]
    size = bench.sizes.get("me", 400)
    bare = bare_server(folder / f"bare-{bench.engine}", size)
    try:
        runs = [bare_round(bare, 16, 4000, bench.access[0])[1] for _ in range(3)]
    finally:
        bare.stop()
    found = [Figure(bench.engine, "limit: bare answer", cpu_us=statistics.median(runs) * 1e6)]
    if bench.engine == "sqlite":
        path = Path(bench.url.removeprefix("sqlite:///"))
        found.append(Figure("sqlite", "limit: raw read", cpu_us=raw_sqlite_read(path, ids) * 1e6))
        for group in (1, 16):
            used = raw_sqlite_update(path, ids, group)
            found.append(Figure("sqlite", f"limit: raw guarded update, {group} a commit", cpu_us=used * 1e6))
    elif bench.engine == "postgresql":
        found.append(
            Figure("postgresql", "limit: raw read", cpu_us=raw_postgresql_read(bench.url, ids) * 1e6)
        )
    found.append(Figure(bench.engine, "limit: bare hash", cpu_us=bare_hash() * 1e6))
    found.append(Figure(bench.engine, "limit: one ES256 signature", cpu_us=token_work() * 1e6))
    return found


if __name__ == "__main__":
    sys.exit(main())
