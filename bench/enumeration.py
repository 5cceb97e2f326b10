"""`make enumeration`: can time tell who has an account? LOGIN and FORGOT over five kinds of accounts."""

import argparse
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

from bench.process import Server

PASSWORD = "quiet harbour lantern 42"
WRONG = "a wrong guess that is typed 3"
KINDS = ("unknown", "wrong", "social only", "disabled", "unconfirmed")
NOBODY = "nobody-{number}@enumeration.example"


def main() -> int:
    """Make the accounts, ask interleaved, compare every kind with the unknown one."""
    options = argparse.ArgumentParser(prog="python -m bench.enumeration", description=__doc__)
    options.add_argument("--rounds", type=int, default=1_000, help="requests per kind")
    options.add_argument("--json", type=Path, default=None)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="auth-portal-enumeration-") as folder:
        server = Server(Path(folder)).start()
        try:
            make_accounts(server)
            found = {
                "LOGIN": measure(server, "login", login_body, chosen.rounds),
                "FORGOT": measure(server, "forgot/password", forgot_body, chosen.rounds),
            }
        finally:
            server.stop()
    said = {name: judge(times) for name, times in found.items()}
    for name, rows in said.items():
        for kind, (auc, gap) in rows.items():
            print(f"{name:<7} unknown against {kind:<12} AUC {auc:.3f}  median gap {gap:+.2f} ms")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(said, indent=1) + "\n")
    return 0


def address(kind: str, number: int) -> str:
    """Whose turn it is; every unknown one is another."""
    if kind == "unknown":
        return NOBODY.format(number=number)
    return f"{kind.replace(' ', '-')}@enumeration.example"


def login_body(kind: str, number: int) -> dict[str, str]:
    """A sign-in that fails."""
    return {"email": address(kind, number), "password": WRONG}


def forgot_body(kind: str, number: int) -> dict[str, str]:
    """Somebody's address."""
    return {"email": address(kind, number)}


def make_accounts(server: Server) -> None:
    """One of each kind, made over HTTP and then brought into its state."""
    connection = HTTPConnection("127.0.0.1", server.port)
    for kind in KINDS[1:]:
        body = {"firstName": "A", "lastName": "B", "email": address(kind, 0), "password": PASSWORD}
        if ask(connection, "register", body) != 201:
            raise RuntimeError(f"{kind} could not be made")
    connection.close()
    file = server.folder / "auth-portal.db"
    with closing(sqlite3.connect(file, timeout=30)) as database, database:
        now = int(time.time() * 1000)
        states = {
            "wrong": ("email_confirmed_at = ?", now),
            "social only": ("password_hash = ?", None),
            "disabled": ("disabled_at = ?", now),
        }
        for kind, (change, value) in states.items():
            database.execute(f"UPDATE accounts SET {change} WHERE email = ?", (value, address(kind, 0)))


def measure(
    server: Server, path: str, body: Callable[[str, int], dict[str, str]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of each answer by kind, the kinds in a new order each round."""
    connection = HTTPConnection("127.0.0.1", server.port)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    order = list(KINDS)
    shuffle = random.Random(7)
    for number in range(rounds + 10):
        shuffle.shuffle(order)
        for kind in order:
            said = body(kind, number)
            began = time.perf_counter()
            status = ask(connection, path, said)
            took = time.perf_counter() - began
            if status not in {200, 400}:
                raise RuntimeError(f"{path} answered {status}")
            if number >= 10:  # the first ones warm everything up
                times[kind].append(took)
        reset_failures(server, number)
    connection.close()
    return times


def reset_failures(server: Server, number: int) -> None:
    """The run of failures must not end the measurement at a hundred."""
    if number % 60:
        return
    with closing(sqlite3.connect(server.folder / "auth-portal.db", timeout=30)) as database, database:
        database.execute("UPDATE accounts SET failures = 0")


def ask(connection: HTTPConnection, path: str, body: dict[str, str]) -> int:
    """POST; returns the status."""
    headers = {"Content-Type": "application/json", "User-Agent": "enumeration"}
    connection.request("POST", f"/api/auth/{path}", json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def judge(times: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    """AUC (0.5: cannot be told apart) and gap of the medians in milliseconds, each against unknown."""
    unknown = times["unknown"]
    return {
        kind: (
            auc(unknown, times[kind]),
            (statistics.median(times[kind]) - statistics.median(unknown)) * 1000,
        )
        for kind in KINDS[1:]
    }


def auc(one: list[float], other: list[float]) -> float:
    """The chance that an answer of the other kind takes longer than one of the first."""
    pairs = np.subtract.outer(np.array(other), np.array(one))
    return float((pairs > 0).mean() + (pairs == 0).mean() / 2)


if __name__ == "__main__":
    sys.exit(main())
