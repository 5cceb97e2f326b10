"""`make bench`: every workload on SQLite and PostgreSQL beside its limit, medians of interleaved rounds."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.databases import databases
from bench.figures import Figure, table
from bench.limits import Limits, bare_server
from bench.ratios import HELD, TOGETHER, Ratio, ratio_table, ratios
from bench.workloads import CONNECTIONS, Bench


def main() -> int:
    """Run, print the tables, write the JSON."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--accounts", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=1.5, help="aim of one round")
    options.add_argument("--engines", default="sqlite,postgresql,mongodb")
    options.add_argument("--workloads", default="", help="by name, with commas; all of them unless given")
    options.add_argument("--json", type=Path, default=None)
    chosen = options.parse_args()
    figures: list[Figure] = []
    held: list[Ratio] = []
    with tempfile.TemporaryDirectory(prog_name()) as folder:
        for engine in chosen.engines.split(","):
            with databases(engine, Path(folder)) as (url, pids):
                bench = Bench(Path(folder) / engine, engine, url, chosen.accounts, pids)
                names = [name for name in chosen.workloads.split(",") if name]
                seen, commits = measured(bench, chosen.rounds, chosen.seconds, names)
                figures += seen
                held += ratios(seen, commits) if set(names or HELD) >= HELD else []
    print(table(figures))
    print("\n" + ratio_table(held))
    if chosen.json is not None:
        said = {"figures": [asdict(one) for one in figures], "ratios": [asdict(one) for one in held]}
        chosen.json.write_text(json.dumps(said, indent=1) + "\n")
    return 0


def measured(
    bench: Bench, rounds: int, seconds: float, names: list[str]
) -> tuple[list[Figure], float | None]:
    """Workloads and limits of one engine, round by round; and SQLite's commits for each refresh."""
    try:
        bench.open()
        ids = [bench.people.session_id(number, 1) for number in range(min(bench.people.count, 1000))]
        bare = bare_server(bench.folder / "bare", bench.url, *bench.answer_to("me"))
        try:
            limits = Limits(bench.folder, bench.engine, bench.url, ids, bare)
            grouped = bench.engine == "sqlite" and "refresh" in (names or HELD)
            also = [("refresh", TOGETHER)] if grouped else []
            at = dict.fromkeys(HELD, CONNECTIONS[0]) | dict(also)
            beside = {(name, conns): partial(limits.after, name) for name, conns in at.items()}
            seen = bench.measure(rounds, seconds, names, also=also, limits=beside)
        finally:
            bare.stop()
        commits = bench.commits_per_refresh(TOGETHER) if grouped else None
        return seen + limits.figures(), commits
    finally:
        bench.close()


def prog_name() -> str:
    """The prefix of the temporary folder."""
    return "auth-portal-bench-"


if __name__ == "__main__":
    sys.exit(main())
