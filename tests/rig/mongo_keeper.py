"""Keeps a MongoDB-speaking server running while its owner lives: `mongo_keeper.py FOLDER OWNER PORT`."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("secantusd-py")
REPLIES = 64  # to writes that a driver may repeat: it looks through all that it keeps at every write
BEGIN = f"""
import runpy, secantus.transactions
secantus.transactions._RETRYABLE_RECORD_MAX = {REPLIES}
runpy.run_path({str(PROGRAM)!r}, run_name="__main__")
"""


def command(folder: Path, port: int) -> list[str | Path]:
    """The server, as a process of its own: nothing of it is imported here."""
    where = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", folder / "data"]
    how = ["--log-level", "WARNING", "--cache-size", "256M", "--session-max", "2000"]
    return [sys.executable, "-c", BEGIN, *where, *how]


def main(folder: Path, owner: int, port: int) -> int:
    """Run it, end it when its owner is gone; returns the server's exit status."""
    folder.mkdir(exist_ok=True)
    log = (folder / "log").open("wb")
    server = subprocess.Popen(command(folder, port), cwd=folder, stdout=log, stderr=log)
    while server.poll() is None and alive(owner):
        time.sleep(0.5)
    server.kill()
    status = server.wait(30)
    if not alive(owner):
        shutil.rmtree(folder, ignore_errors=True)
    return status


def alive(process: int) -> bool:
    """The process is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
