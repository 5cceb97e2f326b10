"""The browser of the tests: an installed Chromium, else Playwright's own, else (in CI, as root) a package."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.rig.run import one_at_a_time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)
ADVICE = (
    "no browser: the pages were not tested. Install Chromium (Debian, Ubuntu: apt-get install chromium; "
    "elsewhere: .venv/bin/python -m playwright install chromium), then run the tests again"
)
INSTALL_SECONDS = 900


def executable(playwright: Playwright) -> str | None:
    """Where a Chromium is; None when there is none and none may be installed."""
    found = installed()
    if found is not None:
        return found
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return packaged()


def installed() -> str | None:
    """A Chromium that the machine has anyway; `CHROMIUM` names another."""
    wanted = os.environ.get("CHROMIUM")
    found = [wanted] if wanted else [shutil.which(name) for name in NAMES] + list(PLACES)
    return next((path for path in found if path and Path(path).exists()), None)


def packaged() -> str | None:
    """In CI, as root, on Debian or Ubuntu: the distribution's package, installed once for the run."""
    may = os.environ.get("CI", "").lower() in {"true", "1"} and os.geteuid() == 0
    if not may or shutil.which("apt-get") is None:
        return None
    with one_at_a_time("browser"):
        if installed() is None:
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for command in (["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]):
                subprocess.run(command, env=quiet, check=False, capture_output=True, timeout=INSTALL_SECONDS)
    return installed()


def open_browser(playwright: Playwright) -> Browser:
    """A headless browser with its back/forward cache as people have it; skips, loudly, without one."""
    path = executable(playwright)
    if path is None:
        pytest.skip(ADVICE)
    return playwright.chromium.launch(
        executable_path=path,
        args=list(FLAGS),
        ignore_default_args=["--disable-back-forward-cache"],
        timeout=60_000,
    )
