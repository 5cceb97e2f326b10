"""OP4: the disk is full, or refuses to write, under mixed load: 503, no half state, whole again."""

import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.conftest import StartPortal
from tests.faults.asking import is_back, not_now, until
from tests.rig.person import PASSWORD
from tests.rig.server import Portal

SMALL = "24m"
WRITERS = 4

pytestmark = [pytest.mark.row("OP4"), pytest.mark.timeout(300)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room, where we may mount one."""
    folder = tmp_path / "small-disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, check=False, capture_output=True)
    except OSError:
        pytest.skip("no mount command: a really full disk was not tested, only one that refuses writes")
    if done.returncode != 0:
        pytest.skip("may not mount: a really full disk was not tested, only one that refuses writes")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def write_until_refused(portal: Portal, made: list[str], refused: list[httpx.Response]) -> None:
    """Sign up and rotate until it is not possible any more; notes who was acknowledged."""
    for number in range(500):
        device = portal.device()
        email = f"full-{threading.get_ident()}-{number}@example.com"
        body = {"firstName": "A", "lastName": "B", "email": email, "password": PASSWORD}
        answer = device.keep(device.client.post("/auth/register", json=body))
        if answer.status_code == 201:
            made.append(email)
            answer = device.refresh()
        if answer.status_code >= 500:
            refused.append(answer)
            return


def under_load(portal: Portal, fill: Callable[[], None], free: Callable[[], None]) -> None:
    """Mixed writes, the disk fills, everybody gets a 503, it is freed, everything works, nothing is lost."""
    person = portal.a_person()
    made: list[str] = []
    refused: list[httpx.Response] = []
    writers = [
        threading.Thread(target=write_until_refused, args=(portal, made, refused)) for _ in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    until(lambda: len(made) >= WRITERS)
    fill()
    for writer in writers:
        writer.join(120)
    assert len(refused) == WRITERS, "each was refused at last"
    assert all(not_now(answer) for answer in refused)
    assert person.device.me().status_code == 200, "reads need no room"
    free()
    until(lambda: person.device.refresh().status_code == 200)
    until(portal.ready)
    assert is_back(person.device)
    for email in made[-6:]:
        assert portal.device().login(email, PASSWORD).status_code == 200, f"{email} was acknowledged"
    with closing(sqlite3.connect(portal.folder / "auth-portal.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = {row[0] for row in database.execute("SELECT email FROM accounts")}
    assert set(made) <= kept


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_log_that_cannot_be_written_breaks_no_answer(start_portal: StartPortal, tmp_path: Path) -> None:
    del start_portal
    portal = Portal(tmp_path / "mute", {"LOG_LEVEL": "debug"})
    portal.log_file = Path("/dev/full")
    try:
        portal.start(wait=False)
        until(portal.ready)
        person = portal.a_person()
        assert person.device.login(person.email, "not this one, surely").status_code == 400
        assert is_back(person.device)
    finally:
        portal.kill()


def test_a_full_disk_is_a_503_and_leaves_everything_whole(
    small_disk: Path, start_portal: StartPortal
) -> None:
    del start_portal
    portal = Portal(small_disk).start()
    ballast = small_disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            while True:
                try:
                    if not file.write(b"x" * 65_536):
                        return
                except OSError:
                    return

    try:
        under_load(portal, fill, ballast.unlink)
    finally:
        portal.kill()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of other processes: Linux only")
def test_a_disk_that_refuses_writes_is_a_503_and_leaves_everything_whole(start_portal: StartPortal) -> None:
    portal = start_portal(LOG_LEVEL="error")
    assert portal.process is not None
    pid = portal.process.pid
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]

    def fill() -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (32_768, hard))

    def free() -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

    under_load(portal, fill, free)
    assert Path(f"/proc/{pid}").exists(), "no restart was needed"
