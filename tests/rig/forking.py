"""Reads the server's modules once, then becomes `auth-portal` as often as it is asked: `forking.py LINE`."""

import gc
import json
import os
import signal
import socket
import sys
from importlib import import_module
from typing import Any

READ = (
    "auth_portal.cli.quick",
    "auth_portal.cli.commands",
    "auth_portal.cli.checks_of_parts",
    "auth_portal.serving",
    "auth_portal.storage.sql.open",
    "auth_portal.storage.sql.sqlite",
    "auth_portal.storage.sql.postgresql_admin",
    "auth_portal.storage.mongo.open",
    "alembic.autogenerate",
    "alembic.command",
    "babel.dates",
    "babel.messages.pofile",
    "cryptography.hazmat.backends.openssl.backend",
    "jinja2.ext",
    "uvicorn.lifespan.on",
    "uvloop",
)
LONGEST = 1 << 18  # bytes of what is asked


def read() -> None:
    """The modules, and the tables that are made when they are first looked into."""
    for name in READ:
        import_module(name)
    import_module("auth_portal.sessions.device_name").device_name("")
    import_module("auth_portal.passwords.common_passwords").common_passwords()
    import_module("babel.units").format_unit(1, "duration-hour", locale="en")
    gc.collect()
    gc.freeze()  # so that a child's collections do not copy what it shares


def serve(line: socket.socket) -> dict[str, Any] | None:
    """Fork for each start that is asked for; returns, in the child, what it is to become.

    In the parent it ends when nobody asks any more; children that are left then are killed.
    """
    children: set[int] = set()
    while True:
        said, files, _, _ = socket.recv_fds(line, LONGEST, 3)
        if not said:
            break
        asked = json.loads(said)
        if "words" not in asked:
            line.send(json.dumps(ended(asked["pid"], children)).encode())
            continue
        child = os.fork()
        if child == 0:
            return {**asked, "files": files}
        children.add(child)
        for file in files:
            os.close(file)
        line.send(json.dumps(child).encode())
    for child in children:
        os.kill(child, signal.SIGKILL)
    return None


def ended(child: int, children: set[int]) -> int | None:
    """The exit status of a child, or minus the signal that ended it; None while it runs."""
    done, status = os.waitpid(child, os.WNOHANG)
    if not done:
        return None
    children.discard(child)
    return os.waitstatus_to_exitcode(status)


def become(asked: dict[str, Any]) -> None:
    """Take over the folder, the environment, the words and the three files of what is started."""
    for number, file in enumerate(asked["files"]):
        os.dup2(file, number)
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["auth-portal", *asked["words"]]
    sys.path[0] = asked["folder"]  # as `python -m` does


if __name__ == "__main__":
    read()
    with socket.socket(fileno=int(sys.argv[1])) as asking:
        told = serve(asking)
    if told is not None:
        become(told)
        from auth_portal.__main__ import main

        main()
