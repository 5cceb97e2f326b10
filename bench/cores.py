"""A flood of sign-ins on one core and on all of them: cores used, sign-ins a second, and `me` meanwhile."""

import asyncio
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.load import load_beside
from bench.process import CORES
from bench.workloads import Bench

CONNECTIONS = 16
PEOPLE = 200
HEAD = """| server | sign-ins a second | its cores | the load's | `me` meanwhile p50 ms | p99 ms | not 2xx |
|---|--:|--:|--:|--:|--:|--:|"""


@dataclass(frozen=True, slots=True)
class Flood:
    """What one round saw: sign-ins alone, then as many again while somebody asks `me`."""

    per_second: float
    server_cores: float
    load_cores: float
    me_p50_ms: float
    me_p99_ms: float
    errors: int


def cores_table(folder: Path, rounds: int, sign_ins: int) -> str:
    """The rounds on one core and on all alternate; medians. Hashing slots are left at their default."""
    seen: dict[str, list[Flood]] = {}
    with ExitStack() as opened:
        servers = {"on one core": opened_at(opened, folder, pinned=True)}
        servers[f"on all {len(CORES)}"] = opened_at(opened, folder, pinned=False)
        for _ in range(rounds):
            for name, bench in servers.items():
                seen.setdefault(name, []).append(flood(bench, sign_ins))
    return "\n".join([HEAD, *(line(name, found) for name, found in seen.items())])


def opened_at(opened: ExitStack, folder: Path, *, pinned: bool) -> Bench:
    """A server with a database of its own, closed with the others."""
    own = folder / ("one" if pinned else "all")
    own.mkdir(parents=True)
    bench = Bench(own, "sqlite", f"sqlite:///{own / 'cores.db'}", PEOPLE, list, pinned=pinned)
    opened.callback(bench.close)
    bench.open()
    return bench


def flood(bench: Bench, sign_ins: int) -> Flood:
    """One round: CPU seconds over wall seconds are the cores that were used."""
    bench.place_load()
    own, began = time.process_time(), time.perf_counter()
    alone = bench.measured("sign in", CONNECTIONS, sign_ins)
    took, used = time.perf_counter() - began, time.process_time() - own
    workloads = bench.workloads
    beside = asyncio.run(
        load_beside(bench.server.port, CONNECTIONS, sign_ins, workloads["sign in"], workloads["me"])
    )
    return Flood(
        per_second=alone.round.per_second,
        server_cores=alone.server / took,
        load_cores=used / took,
        me_p50_ms=beside.percentile(0.5),
        me_p99_ms=beside.percentile(0.99),
        errors=alone.round.errors + beside.errors,
    )


def line(name: str, found: list[Flood]) -> str:
    """Medians of the rounds."""

    def median(of: str) -> float:
        return statistics.median(getattr(one, of) for one in found)

    return (
        f"| {name} | {median('per_second'):.1f} | {median('server_cores'):.2f} | {median('load_cores'):.2f}"
        f" | {median('me_p50_ms'):.2f} | {median('me_p99_ms'):.2f} | {sum(one.errors for one in found)} |"
    )
