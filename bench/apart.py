"""What a sign-in costs beside its hash: alone or in company, with usual hashes and with tiny ones."""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.workloads import REGULARS, Bench

COSTS = ("usual", "least")  # PASSWORD_HASH_COST: argon2id with 19 MiB, or with as little as it takes
CONNECTIONS = (1, 16)
PEOPLE = 1_000


def main() -> int:
    """Print the table."""
    options = argparse.ArgumentParser(prog="python -m bench.apart", description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--sign-ins", type=int, default=100, help="of one round")
    chosen = options.parse_args()
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        benches = {cost: ready(opened, folder / cost, cost) for cost in COSTS}
        print(compared(benches, chosen.rounds, chosen.sign_ins))
    return 0


def ready(opened: ExitStack, folder: Path, cost: str) -> Bench:
    """A server with hashes of that cost, which everybody who will sign in has signed in to."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'apart.db'}"
    bench = Bench(folder, "sqlite", url, PEOPLE, list, settings={"PASSWORD_HASH_COST": cost})
    opened.callback(bench.close)
    bench.open()
    bench.measured("sign in", CONNECTIONS[-1], REGULARS)
    return bench


def compared(benches: dict[str, Bench], rounds: int, sign_ins: int) -> str:
    """Milliseconds of CPU for each sign-in without the hashing threads' own; all four by turns."""
    seen: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for connections in CONNECTIONS:
            for cost, bench in benches.items():
                measured = bench.measured("sign in", connections, sign_ins)
                rest = (measured.server - measured.hashing) / measured.round.answers * 1000
                seen.setdefault((cost, connections), []).append(rest)
    lines = ["| hashes | sign-ins at once | beside the hash, ms | lowest to highest |", "|---|--:|--:|---|"]
    for (cost, connections), values in sorted(seen.items()):
        middle, spread = statistics.median(values), f"{min(values):.1f} to {max(values):.1f}"
        lines.append(f"| {cost} | {connections} | {middle:.1f} | {spread} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
