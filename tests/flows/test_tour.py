"""docs/tour.md: the transcript is run for real, and prints what it says it prints."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import StartPortal

PAGE = Path(__file__).parents[2] / "docs" / "tour.md"
SAYS = re.compile(r"#> (.+)$", re.MULTILINE)


def test_the_tour_is_true(start_portal: StartPortal, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: docs/tour.md was not run")
    portal = start_portal(APP_ENV="development", CLOCK_OFFSET_FILE="", RATE_LIMITS="", BACKEND_DOMAIN="")
    script = "\n".join(re.findall(r"```sh\n(.+?)```", PAGE.read_text(), re.DOTALL))
    assert len(SAYS.findall(script)) > 10
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={**os.environ, "PORTAL": f"http://localhost:{portal.port}", "EMAIL": "ada@example.com"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == SAYS.findall(script), done.stderr
