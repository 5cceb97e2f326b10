"""How cost grows: a thousand, a hundred thousand and a million accounts with three sessions each."""

import argparse
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.databases import databases
from bench.figures import Figure, table
from bench.load import request
from bench.workloads import Bench

WORKLOADS = ("me", "refresh", "list sessions", "sign in")
DISTINCT = 2_000  # people who ask; spread over the whole table


@dataclass
class Spread(Bench):
    """Asks as people from all over a large table, not as the first two thousand."""

    def person(self, number: int) -> int:
        """Which person asks at that number."""
        return number % self.asking * max(1, self.count // self.asking)


def main() -> int:
    """Print the table for one engine."""
    options = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    options.add_argument("--engine", default="sqlite")
    options.add_argument("--sizes", default="1000,100000,1000000")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--sweep", action="store_true", help="end every session, sweep, and ask meanwhile")
    chosen = options.parse_args()
    figures: list[Figure] = []
    for size in (int(part) for part in chosen.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder, databases(chosen.engine, Path(folder)) as (url, pids):
            bench = Spread(
                Path(folder) / "server", chosen.engine, url, size, pids, asking=min(size, DISTINCT)
            )
            bench.open()
            try:
                measured = bench.measure(chosen.rounds, 1.5, WORKLOADS, (16,))
                figures += [_named(one, f"{one.workload}, {size} accounts") for one in measured]
                if chosen.engine == "sqlite":
                    bytes_each = Path(url.removeprefix("sqlite:///")).stat().st_size / size
                    sys.stdout.write(f"{size} accounts: {bytes_each:.0f} bytes each\n")
                if chosen.sweep and chosen.engine == "sqlite":
                    sys.stdout.write(sweep(bench))
            finally:
                bench.close()
    sys.stdout.write(table(figures) + "\n")
    return 0


def _named(figure: Figure, name: str) -> Figure:
    """The same figure under another name."""
    return Figure(**{**{key: getattr(figure, key) for key in Figure.__slots__}, "workload": name})


def sweep(bench: Bench) -> str:
    """End all sessions long ago but those of who asks, sweep, and look at the slowest `me` meanwhile."""
    path = bench.url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("UPDATE sessions SET ended_at = 1, end_reason = 'ended_by_owner' WHERE generation = 0")
    connection.commit()
    (due,) = connection.execute("SELECT count(*) FROM sessions WHERE ended_at = 1").fetchone()
    connection.close()
    began = time.perf_counter()
    sweeping = bench.server.command_line("sweep")
    slowest, rounds = 0.0, 0
    while sweeping.poll() is None:
        seen = bench.run(
            lambda number: request("GET", "/api/auth/me", authorization=f"Bearer {bench.token(number)}"),
            4,
            400,
            bench.keep,
        )
        slowest = max(slowest, max(seen.latencies) * 1000)
        rounds += 1
    seconds = time.perf_counter() - began
    return f"swept {due} ended sessions in {seconds:.1f} s; slowest `me` meanwhile {slowest:.1f} ms\n"


if __name__ == "__main__":
    sys.exit(main())
