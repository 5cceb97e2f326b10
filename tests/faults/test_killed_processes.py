"""OP5: one of several workers is killed: another takes its place, nobody is signed out."""

import psutil
import pytest

from tests.conftest import StartPortal
from tests.faults.asking import is_back, until

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


@pytest.mark.row("OP5")
def test_a_killed_worker_is_replaced(start_portal: StartPortal) -> None:
    portal = start_portal(WORKERS="2", cold=True)
    person = portal.a_person()
    assert portal.process is not None
    for worker in serving(psutil.Process(portal.process.pid)):
        worker.kill()
    until(portal.ready)
    assert is_back(person.device)
    assert portal.process.poll() is None


def serving(supervisor: psutil.Process) -> list[psutil.Process]:
    """The workers: children that are no helper of the interpreter."""
    return [child for child in supervisor.children() if "resource_tracker" not in " ".join(child.cmdline())]
