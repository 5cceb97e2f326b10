"""What did not run is told, and where CI is set it is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKS = "tests/house/test_deploy.py::test_systemd_understands_the_unit"


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_skip_is_told_and_fails_the_run_of_ci(ci: str, status: int) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ASKS]
    nothing_installed = {**os.environ, "CI": ci, "PATH": "/nonexistent"}
    done = subprocess.run(
        command, cwd=ROOT, env=nothing_installed, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == status, done.stdout
    assert "SYSTEMD-ANALYZE IS NOT INSTALLED" in done.stdout
