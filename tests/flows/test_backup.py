"""Backup, wipe, restore: people sign in and stay signed in."""

import shutil
import stat
from pathlib import Path

from tests.conftest import StartPortal


def test_after_wipe_and_restore_people_sign_in(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal(AUTH_REFRESH_SECRET="")
    person = portal.a_person()
    copy = tmp_path / "copy.sqlite"
    said = portal.run("backup", str(copy))
    assert "root.key" in said, "the key file is named: without it the copy is worth little"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    key = (portal.folder / "root.key").read_bytes()
    portal.stop()
    shutil.rmtree(portal.folder)
    portal.folder.mkdir()
    (portal.folder / "root.key").write_bytes(key)
    portal.run("restore", str(copy))
    portal.start()
    assert person.device.signed_in()
    assert person.device.refresh().status_code == 200
    assert person.another_device().signed_in()


def test_a_session_that_is_ahead_of_the_backup_ends_without_blame(
    start_portal: StartPortal, tmp_path: Path
) -> None:
    portal = start_portal()
    person = portal.a_person()
    copy = tmp_path / "copy.sqlite"
    portal.run("backup", str(copy))
    person.device.refresh()
    portal.stop()
    portal.run("restore", "--yes", str(copy))
    portal.start()
    assert person.device.refresh().status_code == 401
    assert person.another_device().signed_in()
    assert "session_rolled_back" in portal.log()


def test_restore_keeps_what_was_there_unless_told(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal()
    person = portal.a_person()
    copy = tmp_path / "copy.sqlite"
    portal.run("backup", str(copy))
    portal.stop()
    assert "--yes" in portal.run("restore", str(copy), status=1)
    portal.start()
    assert person.device.signed_in()
