"""Start, rest, flood: time from exec to the first 200, memory, and the cores that sign-ins keep busy."""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.cores import cores_table
from bench.fill import PASSWORD
from bench.load import request
from bench.process import Server, cpu_seconds
from bench.workloads import Bench


def main() -> int:
    """Print what was measured."""
    options = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    options.add_argument("--starts", type=int, default=5, help="0 leaves this part out, as with the others")
    options.add_argument("--sign-ins", type=int, default=10_000, help="before memory is looked at")
    options.add_argument(
        "--growing", default="", help="20000,40000,60000: memory after each, with cheap hashes"
    )
    options.add_argument("--flood", type=int, default=400, help="sign-ins of one round on one or all cores")
    options.add_argument("--rounds", type=int, default=3, help="of the flood")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if chosen.starts:
            print(starts(folder / "starts", chosen.starts), flush=True)
        if chosen.sign_ins:
            print(rest(folder / "rest", chosen.sign_ins), flush=True)
        if chosen.growing:
            print(growing(folder / "growing", [int(part) for part in chosen.growing.split(",")]), flush=True)
        if chosen.flood:
            print(cores_table(folder / "cores", chosen.rounds, chosen.flood))
    return 0


def starts(folder: Path, count: int) -> str:
    """From `exec` to the first 200, and memory then: medians."""
    server = Server(folder, pinned=False)
    server.start().stop()
    seen: list[tuple[float, float, float]] = []
    for _ in range(count):
        began = time.perf_counter()
        server.start()
        seen.append((time.perf_counter() - began, cpu_seconds([server.pid]), server.memory()))
        server.stop()
    wall, cpu, memory = (statistics.median(column) for column in zip(*seen, strict=True))
    return f"exec to first 200: {cpu:.2f} s of CPU, {wall:.2f} s; at rest {memory:.1f} MiB"


def rest(folder: Path, sign_ins: int) -> str:
    """Memory before and after many sign-ins, and when they are over for a while."""
    folder.mkdir()
    bench = Bench(folder, "sqlite", f"sqlite:///{folder / 'rest.db'}", 200, list)
    bench.open()
    before = bench.server.memory()

    def sign_in(number: int) -> bytes:
        said = {"email": bench.people.email(number % 200), "password": PASSWORD}
        return request("POST", "/api/auth/login", body=json.dumps(said).encode())

    bench.run(sign_in, 16, sign_ins, lambda *_: None)
    busy = bench.server.memory()
    time.sleep(15)
    later = bench.server.memory()
    bench.close()
    return f"after {sign_ins} sign-ins: {busy:.1f} MiB, 15 s later {later:.1f} MiB; before {before:.1f} MiB"


def growing(folder: Path, counts: list[int]) -> str:
    """Memory at ease after more and more sign-ins; their hashes cost next to nothing, to save time."""
    folder.mkdir()
    database = folder / "growing.db"
    cheap = {"PASSWORD_HASH_COST": "least"}
    bench = Bench(folder, "sqlite", f"sqlite:///{database}", 1_000, list, pinned=False, settings=cheap)
    bench.open()
    lines = ["| sign-ins | memory, MiB | database, MiB |", "|--:|--:|--:|"]
    done = 0
    for count in sorted(counts):
        bench.measured("sign in", 16, count - done)
        done = count
        time.sleep(12)  # hashing memory is given back five seconds after the last
        lines.append(f"| {count} | {bench.server.memory():.1f} | {database.stat().st_size / 2**20:.1f} |")
    bench.close()
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
