"""`make profile`: where the server's processor time goes under one workload, as a flame graph and a list."""

import argparse
import collections
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.databases import databases
from bench.workloads import Bench

SAMPLES_PER_SECOND = 400
ROUND = 200  # requests between two looks at the sampler
IDLE = ("select", "epoll", "_worker (concurrent", "SqliteWriter._serve")


def main() -> int:
    """Sample a running server with py-spy while it answers."""
    options = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    options.add_argument("workload", nargs="?", default="me")
    options.add_argument("--engine", default="sqlite")
    options.add_argument("--seconds", type=int, default=8)
    options.add_argument("--into", type=Path, default=Path("build"))
    chosen = options.parse_args()
    chosen.into.mkdir(exist_ok=True)
    stacks = chosen.into / f"profile-{chosen.workload.replace(' ', '-')}.txt"
    graph = stacks.with_suffix(".svg")
    with (
        tempfile.TemporaryDirectory() as folder,
        databases(chosen.engine, Path(folder)) as (url, pids),
    ):
        bench = Bench(Path(folder) / "server", chosen.engine, url, 1_000, pids)
        bench.open()
        try:
            sample(bench, chosen.workload, chosen.seconds, "raw", stacks)
            sample(bench, chosen.workload, chosen.seconds, "flamegraph", graph)
        finally:
            bench.close()
    sys.stdout.write(summary(stacks))
    sys.stdout.write(f"flame graph, for a browser: {graph}\nthe stacks it is made of: {stacks}\n")
    return 0


def sample(bench: Bench, workload: str, seconds: int, form: str, into: Path) -> None:
    """Record while the workload runs. Raises RuntimeError when py-spy could not."""
    command = ["py-spy", "record", "--rate", str(SAMPLES_PER_SECOND), "--duration", str(seconds)]
    command += ["--format", form, "--output", str(into), "--pid", str(bench.server.pid)]
    spy = subprocess.Popen(
        [Path(sys.executable).parent / command[0], *command[1:]], stdout=subprocess.DEVNULL
    )
    while spy.poll() is None:
        bench.run(bench.workloads[workload], 16, ROUND, bench.keep)
    if spy.returncode != 0:
        raise RuntimeError(f"py-spy ended with {spy.returncode}: may it look into other processes (ptrace)?")


def summary(stacks: Path, most: int = 30) -> str:
    """The functions in which the time was spent, by their own share."""
    own: collections.Counter[str] = collections.Counter()
    for line in stacks.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        leaf = stack.rsplit(";", 1)[-1]
        if not any(mark in leaf for mark in IDLE):
            own[leaf.rsplit(":", 1)[0]] += int(count)
    total = sum(own.values()) or 1
    return "".join(f"{count / total:6.1%}  {where}\n" for where, count in own.most_common(most))


if __name__ == "__main__":
    sys.exit(main())
