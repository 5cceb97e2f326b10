"""Laws 1 to 3: who may import which library, and what no statement may do."""

import re
import subprocess
import sys

import pytest

from tests.house.sources import PACKAGE, ROOT, imports, modules, named

ROOMS = {
    # library: where it may be imported, below src/auth_portal
    "starlette": ("http",),
    "uvicorn": ("http",),
    "asyncpg": ("storage/sql",),
    "sqlite3": ("storage/sql", "cli/keeping.py"),
    "sqlalchemy": ("storage/sql", "storage/migrations"),
    "alembic": ("storage/sql", "storage/migrations"),
    "pymongo": ("storage/mongo",),
    "bson": ("storage/mongo",),
    "valkey": ("storage/valkey",),
    "aiosmtplib": ("mail",),
    "smtplib": ("mail",),
    "httpx": ("social",),
    "authlib": ("social",),
    "urllib.request": (),
    "requests": (),
    "cyclopts": ("cli",),
    "rich": ("cli",),
    "argon2": ("passwords",),
    "bcrypt": ("passwords",),
    "dotenv": ("settings",),
    "structlog": ("logs.py",),
    "prometheus_client": ("metrics.py",),
}

MIGRATING = {
    "src/auth_portal/storage/sql/postgresql_admin.py"
}  # on a connection of its own, closed afterwards


def test_the_layers_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", sorted(ROOMS))
def test_a_library_stays_in_its_room(library: str) -> None:
    allowed = [PACKAGE / room for room in ROOMS[library]]
    strays = [
        f"{named(path)}:{line}"
        for path in modules("src/auth_portal")
        for module, line in imports(path)
        if (module == library or module.startswith(f"{library}."))
        and not any(path == room or path.is_relative_to(room) for room in allowed)
    ]
    assert strays == []


def test_time_and_randomness_enter_by_the_front_door() -> None:
    calls = re.compile(r"datetime\.now\(|time\.time\(|os\.urandom\(|\bsecrets\.token|\brandom\.\w+\(")
    doors = {
        "src/auth_portal/core/clock.py",
        "src/auth_portal/core/secrets.py",
        "src/auth_portal/storage/sql/postgresql.py",  # the spread of a pause
        "src/auth_portal/logs.py",  # when a line is written, whatever clock the rooms go by
        "src/auth_portal/limits/mark.py",  # names a place in a window, proves nothing
        "src/auth_portal/cli/checks_of_settings.py",  # doctor looks at the machine's own clock
        "src/auth_portal/cli/checks_of_parts.py",
    }
    found = [
        f"{named(path)}:{number}"
        for path in modules("src/auth_portal")
        if named(path) not in doors
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if calls.search(line.split("#")[0])
    ]
    assert found == []


def test_nothing_outlives_a_request_on_a_pooled_connection() -> None:
    """Connections are not reset between requests: no SET, LISTEN or advisory lock but in migrations."""
    lasting = re.compile(
        r"pg_advisory|pg_try_advisory|\bLISTEN\s+\w|\bSET\s+(SESSION|ROLE|TIME ZONE)\b", re.IGNORECASE
    )
    found = [
        f"{named(path)}:{number}"
        for path in modules("src/auth_portal")
        if named(path) not in MIGRATING
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if lasting.search(line.split("#")[0])
    ]
    assert found == []


def test_no_flow_swallows_everything() -> None:
    bare = re.compile(r"^\s*except\s*:|except BaseException:\s*pass")
    found = [
        f"{named(path)}:{number}"
        for path in modules("src/auth_portal")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []
