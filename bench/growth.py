"""How cost grows: a thousand, a hundred thousand and a million accounts with three sessions each."""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from bench.databases import databases
from bench.figures import Figure, table
from bench.load import request
from bench.workloads import Bench, Measured

WORKLOADS = ("me", "refresh", "list sessions", "sign in")
FLAT = {"me", "refresh"}  # these must not cost more among many accounts
MOST_GROWTH = 1.10
CONNECTIONS = 16
DISTINCT = 2_000  # people who ask; spread over the whole table

Seen = dict[tuple[str, int], list[Measured]]
"""The rounds of a workload at a size."""


@dataclass
class Spread(Bench):
    """Asks as people from all over a large table, not as the first two thousand."""

    def person(self, number: int) -> int:
        """Which person asks at that number."""
        return number % self.asking * max(1, self.count // self.asking)


def main() -> int:
    """Print the tables for one engine."""
    options = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    options.add_argument("--engine", default="sqlite")
    options.add_argument("--sizes", default="1000,100000,1000000")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=1.5, help="aim of one round")
    options.add_argument("--workloads", default=",".join(WORKLOADS))
    options.add_argument("--sweep", action="store_true", help="end every session, sweep, and ask meanwhile")
    chosen = options.parse_args()
    sizes = sorted({int(part) for part in chosen.sizes.split(",")})
    names = chosen.workloads.split(",")
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        benches = all_open(opened, folder, chosen.engine, sizes)
        seen = interleaved(benches, names, chosen.rounds, chosen.seconds)
        print(table(figures(benches, seen)))
        print("\n" + growth_table(seen, names, sizes), flush=True)
        if chosen.engine == "sqlite":
            for bench in benches:
                print(weight(bench), flush=True)
                if chosen.sweep:
                    print(sweep(bench), flush=True)
    return 0


def all_open(opened: ExitStack, folder: Path, engine: str, sizes: list[int]) -> list[Bench]:
    """A filled database and a server for each size, all of them up at once; as many people ask each."""
    asking = min(sizes[0], DISTINCT)
    found: list[Bench] = []
    for size in sizes:
        own = folder / str(size)
        own.mkdir()
        url, pids = opened.enter_context(databases(engine, own))
        found.append(Spread(own / "server", engine, url, size, pids, asking=asking))
    for bench in found:  # after all databases, which would inherit the core of the load
        opened.callback(bench.close)
        bench.open()
    return found


def interleaved(benches: list[Bench], names: list[str], rounds: int, seconds: float) -> Seen:
    """Each round asks every size before the next round; every other round begins with the largest.

    All sizes get the number of requests that fills the time at the smallest.
    """
    amounts = {name: benches[0].amount(name, CONNECTIONS, seconds) for name in names}
    for bench in benches[1:]:  # warm, as the smallest now is
        for name in names:
            bench.measured(name, CONNECTIONS, CONNECTIONS * 4)
    seen: Seen = {(name, bench.count): [] for name in names for bench in benches}
    for number in range(rounds):
        for name in names:
            for bench in reversed(benches) if number % 2 else benches:
                seen[name, bench.count].append(bench.measured(name, CONNECTIONS, amounts[name]))
    return seen


def figures(benches: list[Bench], seen: Seen) -> list[Figure]:
    """Medians of the rounds, the sizes of one workload below each other."""
    by_size = {bench.count: bench for bench in benches}
    return [
        replace(by_size[size].figure(name, CONNECTIONS, rounds), workload=f"{name}, {size} accounts")
        for (name, size), rounds in seen.items()
    ]


def growth_table(seen: Seen, names: list[str], sizes: list[int]) -> str:
    """CPU (with the database's) and median latency of each size over the smallest, of the same round."""
    head = ["| workload | accounts | CPU, median | lowest to highest round | p50, median | wanted | |"]
    head.append("|---|--:|--:|--:|--:|---|---|")
    return "\n".join(head + [growth_line(seen, name, size, sizes[0]) for name in names for size in sizes[1:]])


def growth_line(seen: Seen, name: str, size: int, smallest: int) -> str:
    """Rounds of one size over those of the smallest, each over its neighbour in time."""
    pairs = list(zip(seen[name, size], seen[name, smallest], strict=True))
    cpu = sorted(
        (large.server_us + large.database_us) / (small.server_us + small.database_us)
        for large, small in pairs
    )
    p50 = statistics.median(
        large.round.percentile(0.5) / small.round.percentile(0.5) for large, small in pairs
    )
    median = statistics.median(cpu)
    verdict = "kept" if median <= MOST_GROWTH else "**not kept**"
    wanted = f"at most {MOST_GROWTH:.2f} | {verdict}" if name in FLAT else " | "
    return f"| {name} | {size} | {median:.2f} | {cpu[0]:.2f} to {cpu[-1]:.2f} | {p50:.2f} | {wanted} |"


def weight(bench: Bench) -> str:
    """Bytes of SQLite's file for each account with its sessions."""
    size = Path(bench.url.removeprefix("sqlite:///")).stat().st_size
    return f"{bench.count} accounts: {size / bench.count:.0f} bytes each"


def sweep(bench: Bench) -> str:
    """End all sessions long ago but those of who asks, sweep, and look at the slowest `me` meanwhile."""
    bench.run(bench.workloads["refresh"], CONNECTIONS, bench.asking, bench.keep)  # theirs are no longer new
    path = bench.url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("UPDATE sessions SET ended_at = 1, end_reason = 'ended_by_owner' WHERE generation = 0")
    connection.commit()
    (due,) = connection.execute("SELECT count(*) FROM sessions WHERE ended_at = 1").fetchone()
    connection.close()
    began = time.perf_counter()
    sweeping = bench.server.command_line("sweep")
    slowest, errors = 0.0, 0
    while sweeping.poll() is None:
        seen = bench.run(
            lambda number: request("GET", "/api/auth/me", authorization=f"Bearer {bench.token(number)}"),
            4,
            400,
            bench.keep,
        )
        slowest = max(slowest, max(seen.latencies) * 1000)
        errors += seen.errors
    seconds = time.perf_counter() - began
    return (
        f"{bench.count} accounts: swept {due} ended sessions in {seconds:.1f} s;"
        f" slowest `me` meanwhile {slowest:.1f} ms, not 2xx {errors}"
    )


if __name__ == "__main__":
    sys.exit(main())
