"""Backup, wipe, restore: people sign in and stay signed in."""

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

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


def test_a_backup_is_one_file_and_leaves_nothing_beside_it(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal()
    copy = tmp_path / "kept" / "copy.sqlite"
    assert "kept" in portal.run("backup", str(copy), status=1), "there is no such folder"
    copy.parent.mkdir()
    portal.run("backup", str(copy))
    assert "stop the server first" in portal.run("restore", "--yes", str(copy), status=1)
    portal.stop()
    portal.run("restore", "--yes", str(copy))
    assert [path.name for path in copy.parent.iterdir()] == ["copy.sqlite"]
    (portal.folder / "auth-portal.db").write_bytes(b"")
    nothing = tmp_path / "kept" / "nothing.sqlite"
    assert "no accounts table" in portal.run("backup", str(nothing), status=1)
    assert [path.name for path in copy.parent.iterdir()] == ["copy.sqlite"]


def test_a_damaged_database_is_replaced(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal()
    person = portal.a_person()
    portal.run("backup", str(tmp_path / "copy.sqlite"))
    portal.stop()
    (portal.folder / "auth-portal.db").write_bytes(b"no database at all" * 1000)
    assert "auth-portal restore" in portal.run("doctor", status=1)
    portal.run("restore", "--yes", str(tmp_path / "copy.sqlite"))
    portal.start()
    assert person.device.signed_in()


def test_a_backup_of_another_root_secret_is_refused_before_anything_is_touched(
    start_portal: StartPortal, tmp_path: Path
) -> None:
    portal = start_portal(AUTH_REFRESH_SECRET="")
    portal.run("backup", str(tmp_path / "copy.sqlite"))
    portal.stop()
    before = (portal.folder / "auth-portal.db").read_bytes()
    (portal.folder / "root.key").write_text("quite another secret of forty-odd bytes, 0123456789")
    said = portal.run("restore", "--yes", str(tmp_path / "copy.sqlite"), status=1)
    assert "another root secret" in said
    assert "root.key" in said
    assert (portal.folder / "auth-portal.db").read_bytes() == before


def test_restore_keeps_what_was_there_unless_told(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal()
    person = portal.a_person()
    copy = tmp_path / "copy.sqlite"
    portal.run("backup", str(copy))
    portal.stop()
    assert "--yes" in portal.run("restore", str(copy), status=1)
    portal.start()
    assert person.device.signed_in()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE pins", "no pins table"),
        ("DROP TABLE alembic_version", "no alembic_version table"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer version"),
        ("DELETE FROM alembic_version", "newer version"),
    ],
)
def test_what_this_version_cannot_serve_is_not_put_in_place(
    start_portal: StartPortal, tmp_path: Path, change: str, said: str
) -> None:
    portal = start_portal()
    person = portal.a_person()
    copy = tmp_path / "copy.sqlite"
    portal.run("backup", str(copy))
    portal.stop()
    with closing(sqlite3.connect(copy)) as file, file:
        file.execute(change)
    assert said in portal.run("restore", "--yes", str(copy), status=1)
    portal.start()
    assert person.device.signed_in()


def test_a_copy_is_its_owners_whatever_lay_in_its_way(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal()
    somebody, copy = tmp_path / "somebody's", tmp_path / "copy.sqlite"
    somebody.write_text("kept")
    (tmp_path / "copy.sqlite.part").symlink_to(somebody)
    portal.run("backup", str(copy))
    assert somebody.read_text() == "kept"
    assert not copy.is_symlink()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    left = tmp_path / "second.sqlite.part"
    left.touch(0o666)
    left.chmod(0o666)
    portal.run("backup", str(tmp_path / "second.sqlite"))
    assert stat.S_IMODE((tmp_path / "second.sqlite").stat().st_mode) == 0o600


def test_restoring_tells_what_lives_again(start_portal: StartPortal, tmp_path: Path) -> None:
    portal = start_portal()
    portal.run("backup", str(tmp_path / "copy.sqlite"))
    portal.stop()
    assert "lives again" in portal.run("restore", "--yes", str(tmp_path / "copy.sqlite"))
