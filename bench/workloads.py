"""The workloads: `me`, refresh, sign in (known or not), sign up, list sessions, JWKS and a mixed day."""

import asyncio
import itertools
import json
import os
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure
from bench.fill import PASSWORD, People, fill
from bench.load import Request, Round, load, request
from bench.process import LOAD_CORE, Server, cpu_seconds, hashing_seconds, pin, unpin

CONNECTIONS = (16, 64)
FIRST_GUESS = 200  # requests of the round that finds out how many fit the time
COMMITS = 'auth_portal_database_total{kind="commits"}'
COSTLY = {"sign in", "sign in elsewhere", "sign up"}
TRIES = 5  # until everyone has a token
REGULARS = 64  # people who sign in where they signed in before: no letter tells them of a new device


@dataclass(frozen=True, slots=True)
class Measured:
    """One round and its CPU seconds: the server's, of these its hashing threads', and the database's."""

    round: Round
    server: float
    hashing: float
    database: float

    @property
    def server_us(self) -> float:
        """Microseconds of the server for each answer."""
        return self.server / max(1, self.round.answers) * 1e6

    @property
    def database_us(self) -> float:
        """Microseconds of the database's own processes for each answer."""
        return self.database / max(1, self.round.answers) * 1e6


@dataclass
class Bench:
    """One server on one filled database, and the tokens of its people."""

    folder: Path
    engine: str
    url: str
    count: int
    database_pids: Callable[[], list[int]]
    asking: int = 0  # how many people ask; 0 is everybody
    pinned: bool = True  # the server on one core, the load on another
    settings: dict[str, str] = field(default_factory=dict)  # beyond the database
    people: People = field(init=False)
    server: Server = field(init=False)
    access: list[str] = field(default_factory=list)
    refresh: list[str] = field(default_factory=list)
    fresh: "itertools.count[int]" = field(default_factory=itertools.count)
    strangers: "itertools.count[int]" = field(default_factory=itertools.count)

    def open(self) -> None:
        """Migrate, fill, start, and refresh everyone once."""
        unpin(os.getpid())  # a server of its own choice of cores must not inherit ours
        settings = {"DATABASE_URL": self.url, **self.settings}
        self.server = Server(self.folder, settings, pinned=self.pinned).start()
        self.server.stop()
        self.people = fill(self.url, self.count)
        self.server.start()
        self.place_load()
        self.asking = self.asking or self.count
        self.refresh = [self.people.refresh_token(self.person(number)) for number in range(self.asking)]
        self.access = [""] * self.asking
        for _ in range(TRIES):  # a database that is still busy with being filled may refuse some
            if not all(self.access):
                self.run(self._refresh, 16, self.asking, self.keep)

    def place_load(self) -> None:
        """Keep the load on the core that the server leaves free, or let it use all of them."""
        if self.pinned:
            pin(os.getpid(), LOAD_CORE)
        else:
            unpin(os.getpid())

    def person(self, number: int) -> int:
        """Which person asks at that number."""
        return number % self.asking

    def token(self, number: int) -> str:
        """The access token of who asks at that number."""
        return self.access[number % self.asking]

    def close(self) -> None:
        """Stop the server; the next engine's database must not inherit the core of the load."""
        self.server.stop()
        unpin(os.getpid())

    def measure(
        self,
        rounds: int,
        seconds: float,
        names: Sequence[str] = (),
        connections: Sequence[int] = CONNECTIONS,
        *,
        also: Sequence[tuple[str, int]] = (),
        limits: Mapping[tuple[str, int], Callable[[], None]] | None = None,
    ) -> list[Figure]:
        """The workloads (all of them unless named) at each number of connections, rounds interleaved.

        `also` names a workload at another number; of `limits` each is called behind the workload that it
        belongs to, so that what it measures meets the same weather.
        """
        plans = [(name, conns) for name in names or self.workloads for conns in connections] + [*also]
        amounts = {plan: self.amount(*plan, seconds) for plan in plans}
        seen: dict[tuple[str, int], list[Measured]] = {plan: [] for plan in plans}
        for _ in range(rounds):
            for name, conns in plans:
                seen[name, conns].append(self.measured(name, conns, amounts[name, conns]))
                if limits and (name, conns) in limits:
                    limits[name, conns]()
        return [self.figure(name, conns, results) for (name, conns), results in seen.items()]

    def commits_per_refresh(self, connections: int) -> float:
        """How many commits of SQLite's writer a refresh took; below 1 requests share them."""
        before = self.server.counted(COMMITS)
        done = self.run(self._refresh, connections, self.asking, self.keep)
        return (self.server.counted(COMMITS) - before) / max(1, done.answers)

    @property
    def workloads(self) -> dict[str, Request]:
        """By name."""
        return {
            "me": self._me,
            "refresh": self._refresh,
            "sign in": self._sign_in,
            "sign in elsewhere": self._sign_in_elsewhere,
            "sign up": self._sign_up,
            "list sessions": self._list,
            "JWKS": lambda _number: request("GET", "/.well-known/jwks.json"),
            "mixed day": self._mixed,
        }

    def run(
        self, make: Request, connections: int, requests: int, seen: Callable[[int, bytes, bytes], None]
    ) -> Round:
        """One round."""
        return asyncio.run(load(self.server.port, connections, requests, make, seen))

    def answer_to(self, name: str) -> tuple[bytes, bytes]:
        """Head and body of an answer to a workload's request."""
        answers: list[tuple[bytes, bytes]] = []
        self.run(self.workloads[name], 1, 1, lambda _number, head, body: answers.append((head, body)))
        return answers[0]

    def amount(self, name: str, conns: int, seconds: float) -> int:
        """How many requests fill the time."""
        guess = REGULARS if name in COSTLY else FIRST_GUESS
        first = self.measured(name, conns, max(guess, conns)).round
        most = self.asking if name == "refresh" else 40_000
        return max(conns * 4, min(most, int(first.per_second * seconds)))

    def measured(self, name: str, conns: int, requests: int) -> Measured:
        """A round with the CPU of server and database."""
        pids, server = self.database_pids(), self.server.pid
        before = cpu_seconds([server]), hashing_seconds(server), cpu_seconds(pids)
        keep = self.keep if name not in COSTLY else lambda *_: None  # new sessions are others' business
        result = self.run(self.workloads[name], conns, requests, keep)
        after = cpu_seconds([server]), hashing_seconds(server), cpu_seconds(pids)
        used, hashed, database = (late - early for early, late in zip(before, after, strict=True))
        return Measured(result, used, hashed, database)

    def figure(self, name: str, conns: int, results: list[Measured]) -> Figure:
        """Medians of the rounds; the share of the hash is of their sum, which ticks blur the least."""
        rounds = [result.round for result in results]
        server = sum(result.server for result in results)
        each = tuple(result.server_us for result in results)
        return Figure(
            engine=self.engine,
            workload=name,
            connections=conns,
            cpu_us=statistics.median(each),
            database_us=statistics.median(result.database_us for result in results),
            per_second=statistics.median(one.per_second for one in rounds),
            p50_ms=statistics.median(one.percentile(0.5) for one in rounds),
            p99_ms=statistics.median(one.percentile(0.99) for one in rounds),
            errors=sum(one.errors for one in rounds),
            hash_share=sum(result.hashing for result in results) / server if server else 0.0,
            rounds_us=each,
        )

    def keep(self, number: int, _head: bytes, body: bytes) -> None:
        """Remember new tokens, so that everyone's next refresh is the next generation."""
        if body.startswith(b'{"token"'):
            said = json.loads(body)
            self.access[number % self.asking] = said["token"]
            self.refresh[number % self.asking] = said["refreshToken"]

    def _me(self, number: int) -> bytes:
        return request("GET", "/api/auth/me", authorization=f"Bearer {self.token(number)}")

    def _list(self, number: int) -> bytes:
        return request("GET", "/api/auth/sessions", authorization=f"Bearer {self.token(number)}")

    def _refresh(self, number: int) -> bytes:
        return request("POST", "/api/auth/refresh", refresh=self.refresh[number % self.asking])

    def _sign_in(self, number: int) -> bytes:
        """Somebody whom the server knows here; `amount` makes it so."""
        return self._login(number % REGULARS)

    def _sign_in_elsewhere(self, _number: int) -> bytes:
        """Somebody who never signed in, and is told by mail that somebody did."""
        return self._login(REGULARS + next(self.strangers))

    def _login(self, number: int) -> bytes:
        said = {"email": self.people.email(self.person(number)), "password": PASSWORD}
        return request("POST", "/api/auth/login", body=json.dumps(said).encode())

    def _sign_up(self, _number: int) -> bytes:
        said = {
            "firstName": "Grace",
            "lastName": "Hopper",
            "email": f"new{next(self.fresh)}@bench.example",
            "password": PASSWORD,
        }
        return request("POST", "/api/auth/register", body=json.dumps(said).encode())

    def _mixed(self, number: int) -> bytes:
        lot = random.Random(number).random()
        if lot < 0.02:
            return self._sign_in(number)
        return self._refresh(number) if lot < 0.10 else self._me(number)
