"""IN14: the schema fuzzed with its links, and mutated tokens, cookies, headers and bodies: never a 5xx."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from tests.attack.mutants import Wire, mutant
from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.databases import postgresql
from tests.rig.person import PASSWORD
from tests.rig.server import Portal

SECONDS = float(os.environ.get("FUZZ_SECONDS", "16"))
SEED = int(os.environ.get("FUZZ_SEED", "20260314"))
CONNECTIONS = 8
ANSWER_SECONDS = 30.0
SLOW_SECONDS = 1.0  # only reported
LEAKS = (b"Traceback", b"sqlite3", b"asyncpg", b"site-packages", b'File "/')

pytestmark = [pytest.mark.row("IN14"), pytest.mark.timeout(7200)]


@dataclass
class Seen:
    """What came back; `broken` names every answer that must not be."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slow: int = 0
    unanswered: int = 0

    def note(self, asked: bytes, answer: bytes, seconds: float) -> None:
        """Look at one answer."""
        status = int(answer[9:12]) if answer[:5] == b"HTTP/" else 0
        self.statuses[status] += 1
        self.slowest = max(self.slowest, seconds)
        self.slow += seconds > SLOW_SECONDS
        if status >= 500 or any(leak in answer for leak in LEAKS):
            self.broken.append(f"{asked[:1500]!r} -> {answer[:600]!r}")

    def told(self) -> str:
        """One line for docs/reliability.md."""
        return (
            f"{sum(self.statuses.values())} mutants, 5xx {len(self.broken)}, slowest {self.slowest:.2f} s, "
            f"over a second {self.slow}, cut without an answer {self.unanswered}, by status "
            f"{dict(sorted(self.statuses.items()))}"
        )


def right_requests(portal: Portal) -> list[Wire]:
    """Requests that work, of every kind, to be spoiled."""
    person = portal.a_person()
    device = person.device
    json_type = (b"Content-Type", b"application/json")
    access = (b"Authorization", b"Bearer " + device.token.encode())
    shown = (b"refresh", device.refresh_token.encode())
    cookie = (b"Cookie", b"refresh=" + device.refresh_token.encode())
    session = device.sessions()[0]["id"].encode()
    link = b"aplk_" + b"A" * 44
    names = {"firstName": "A", "lastName": "B"}
    bodies: list[tuple[bytes, bytes, tuple[tuple[bytes, bytes], ...], object]] = [
        (b"POST", b"/auth/login", (json_type,), {"email": person.email, "password": PASSWORD}),
        (b"POST", b"/auth/register", (json_type,), {**names, "email": "f@example.com", "password": PASSWORD}),
        (b"POST", b"/auth/forgot/password", (json_type,), {"email": "nobody@example.com"}),
        (b"POST", b"/auth/reset/password", (json_type,), {"hash": link.decode(), "password": PASSWORD}),
        (b"POST", b"/auth/email/confirm", (json_type,), {"hash": link.decode()}),
        (b"POST", b"/auth/not-me", (json_type,), {"hash": link.decode()}),
        (b"PATCH", b"/auth/me", (json_type, access), {**names, "locale": "de"}),
        (
            b"PUT",
            b"/auth/me/password",
            (json_type, access),
            {"currentPassword": "x" * 9, "password": "y" * 12},
        ),
        (b"PUT", b"/auth/me/email", (json_type, access), {"email": "b@example.com", "currentPassword": "x"}),
        (b"PATCH", b"/auth/sessions/" + session, (json_type, access), {"name": "tablet"}),
        (b"POST", b"/auth/social/exchange", (json_type,), {"code": link.decode(), "codeVerifier": "v" * 43}),
    ]
    plain: list[tuple[bytes, bytes, tuple[tuple[bytes, bytes], ...]]] = [
        (b"GET", b"/auth/me", (access,)),
        (b"GET", b"/auth/me", (access, cookie)),
        (b"GET", b"/auth/sessions", (access,)),
        (b"GET", b"/auth/events?limit=5", (access,)),
        (b"GET", b"/auth/me/export", (access,)),
        (b"GET", b"/auth/config", ()),
        (b"POST", b"/auth/info-session", (shown,)),
        (b"POST", b"/auth/info-session", (cookie,)),
        (b"POST", b"/auth/refresh", (shown,)),
        (b"POST", b"/auth/refresh", (cookie,)),
        (b"GET", b"/auth/google/callback?state=a&code=b", ()),
    ]
    made = [
        Wire(method, b"/api" + path, headers, json.dumps(body).encode())
        for method, path, headers, body in bodies
    ]
    return made + [Wire(method, b"/api" + path, headers) for method, path, headers in plain]


async def shoot(portal: Portal, random: Random, rights: list[Wire], until: float, seen: Seen) -> None:
    """One connection after another, each used as long as it stays open."""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while time.monotonic() < until:
        if writer is None or reader is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", portal.port)
        asked = mutant(random, random.choice(rights)).encoded()
        began = time.perf_counter()
        try:
            writer.write(asked)
            async with asyncio.timeout(ANSWER_SECONDS):
                answer, closing = await read(reader, head_only=asked.startswith(b"HEAD "))
        except (OSError, EOFError, TimeoutError, ValueError):
            seen.unanswered += 1
            writer.close()
            writer = None
            continue
        seen.note(asked, answer, time.perf_counter() - began)
        if closing or random.random() < 0.02:
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def read(reader: asyncio.StreamReader, *, head_only: bool) -> tuple[bytes, bool]:
    """One answer, and whether the connection ends with it."""
    head = await reader.readuntil(b"\r\n\r\n")
    lowered = head.lower()
    at = lowered.find(b"\r\ncontent-length:")
    length = int(lowered[at + 17 : lowered.find(b"\r\n", at + 2)]) if at >= 0 else 0
    closing = b"\r\nconnection: close" in lowered
    if head_only:
        return head, True  # whether a wounded HEAD was understood as one is not for us to know
    if at < 0 and closing:
        return head + await reader.read(), True
    return head + await reader.readexactly(length), closing


async def barrage(portal: Portal, seconds: float) -> Seen:
    """Several connections, each with a seed of its own."""
    rights, seen = right_requests(portal), Seen()
    until = time.monotonic() + seconds
    shooters = (shoot(portal, Random(SEED + one), rights, until, seen) for one in range(CONNECTIONS))
    await asyncio.gather(*shooters)
    return seen


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_no_mutant_breaks_the_server(engine: str, request: pytest.FixtureRequest) -> None:
    portal = started(request, engine)
    seen = asyncio.run(barrage(portal, SECONDS / 4))
    sys.stdout.write(f"\n{engine}: {seen.told()}\n")
    assert seen.broken == []
    assert sum(seen.statuses.values()) >= 100
    assert seen.statuses[200] > 0, "some got through: the mutations are not all crude"
    assert portal.ready()
    assert '"broken"' not in portal.log()
    assert portal.a_person().device.signed_in()


@pytest.fixture
def postgresql_settings() -> Iterator[dict[str, str]]:
    """A migrated database."""
    with postgresql() as settings:
        yield settings


def started(request: pytest.FixtureRequest, engine: str) -> Portal:
    """A portal of the test's own on that database."""
    start: StartPortal = request.getfixturevalue("start_portal")
    if engine == "postgresql":
        return start(request.getfixturevalue("postgresql_settings"))
    return start()


def test_the_schema_and_its_links_bring_no_5xx(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal(PASSWORD_HASH_QUEUE="2000")
    person = portal.a_person(email=f"schema-{uuid4().hex[:8]}@example.com")
    report = tmp_path / "report.json"
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{portal.url}/openapi.json",
        "--url", portal.url,
        "--checks", "not_a_server_error",
        "--phases", "examples,coverage,fuzzing,stateful",
        "--max-time", str(int(SECONDS / 2)),
        "--seed", str(SEED), "--no-shrink", "--continue-on-failure", "--no-color",
        "--suppress-health-check", "all", "--warnings", "off",
        "--exclude-path-regex", "^/(docs|health|metrics)|/auth/logout/all$",
        "--generation-database", "none",
        "--report-json-path", str(report),
        "-H", f"Authorization: Bearer {person.device.token}",
        "-H", f"refresh: {person.device.refresh_token}",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS * 4 + 300, check=False
    )
    said = done.stdout + done.stderr
    sys.stdout.write("\n" + "\n".join(said.splitlines()[-14:]) + "\n")
    assert done.returncode == 0, said[-6000:]
    assert '"broken"' not in portal.log(), portal.log()[-4000:]
    assert ask.get(f"{portal.url}/health/ready", timeout=30).status_code == 200
