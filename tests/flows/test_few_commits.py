"""How often the disk is waited for: commits of SQLite's writer for what people do most."""

import time
from collections.abc import Callable

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.server import Portal

COMMITS = 'auth_portal_database_total{kind="commits"} '


def commits(portal: Portal) -> int:
    """Since the server started."""
    lines = ask.get(f"{portal.url}/metrics").text.splitlines()
    return int(float(next(line for line in lines if line.startswith(COMMITS)).removeprefix(COMMITS)))


def settled(portal: Portal) -> int:
    """The commits once nothing is written any more: letters have left."""
    before, now = -1, commits(portal)
    while before != now:
        time.sleep(0.5)
        before, now = now, commits(portal)
    return now


def taken(portal: Portal, act: Callable[[], object]) -> int:
    """How many commits that takes."""
    before = settled(portal)
    act()
    return settled(portal) - before


def test_a_sign_in_from_where_one_is_known_takes_two_commits_a_refresh_one_a_look_none(
    start_portal: StartPortal,
) -> None:
    portal = start_portal()
    person = portal.a_person(confirmed=True)
    device = person.another_device()
    assert taken(portal, person.another_device) == 2
    assert taken(portal, device.refresh) == 1
    assert taken(portal, device.me) == 0
    assert taken(portal, lambda: device.login(person.email, person.password)) == 3, "and ends its old session"
