"""docs/verify-tokens.md: its programs verify our tokens, and refuse what is wrong."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import StartPortal
from tests.rig.server import Portal

PAGE = Path(__file__).parents[2] / "docs" / "verify-tokens.md"


def program(language: str) -> str:
    """The page's program in that language."""
    found = re.search(rf"```{language}\n(.+?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def verify(language: str, portal: Portal, token: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the page's program on a token."""
    if language == "python":
        command = [sys.executable, "-c", program("python")]
    else:
        node = shutil.which("node")
        if node is None:
            pytest.skip("node is not installed: the Node program of docs/verify-tokens.md was not run")
        command = [node, "--input-type=module", "-e", program("javascript")]
    env = {**os.environ, "ISSUER": portal.issuer, "TOKEN": token, **settings}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("language", ["python", "node"])
def test_a_good_token_is_taken(start_portal: StartPortal, language: str) -> None:
    portal = start_portal()
    person = portal.a_person()
    done = verify(language, portal, person.device.token)
    assert (done.returncode, done.stdout.strip()) == (0, person.id), done.stderr


@pytest.mark.parametrize("language", ["python", "node"])
def test_bad_tokens_are_refused(start_portal: StartPortal, language: str) -> None:
    portal = start_portal()
    token = portal.a_person().device.token
    head, body, signature = token.split(".")
    other = "A" if signature[10] != "A" else "B"
    for bad in (f"{head}.{body}.{signature[:10]}{other}{signature[11:]}", f"{head}.{body}.", "nonsense"):
        done = verify(language, portal, bad)
        assert done.returncode != 0
        assert not done.stdout
    assert verify(language, portal, token, AUDIENCE="https://elsewhere.example").returncode != 0
