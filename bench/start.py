"""Start and rest: CPU and wall time from exec to the first 200, memory at rest and after sign-ins."""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.fill import PASSWORD
from bench.load import request
from bench.process import Server, cpu_seconds
from bench.workloads import Bench


def main() -> int:
    """Print what was measured."""
    options = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    options.add_argument("--starts", type=int, default=5)
    options.add_argument("--sign-ins", type=int, default=10_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), pinned=False)
        server.start().stop()
        seen: list[tuple[float, float, float]] = []
        for _ in range(chosen.starts):
            began = time.perf_counter()
            server.start()
            seen.append((time.perf_counter() - began, cpu_seconds([server.pid]), server.memory()))
            server.stop()
        wall, cpu, memory = (statistics.median(column) for column in zip(*seen, strict=True))
        print(f"exec to first 200: {cpu:.2f} s of CPU, {wall:.2f} s; at rest {memory:.1f} MiB")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder) / "server", "sqlite", f"sqlite:///{folder}/rest.db", 200, list)
        bench.open()
        before = bench.server.memory()

        def sign_in(number: int) -> bytes:
            said = {"email": bench.people.email(number % 200), "password": PASSWORD}
            return request("POST", "/api/auth/login", body=json.dumps(said).encode())

        bench.run(sign_in, 16, chosen.sign_ins, lambda *_: None)
        busy = bench.server.memory()
        time.sleep(15)
        print(
            f"after {chosen.sign_ins} sign-ins: {busy:.1f} MiB, 15 s later "
            f"{bench.server.memory():.1f} MiB; before {before:.1f} MiB"
        )
        bench.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
