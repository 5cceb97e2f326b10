"""The browser of the tests: an installed Chromium, else (in CI, as root) a package, else Playwright's own."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

PACKAGES = ("chromium-headless-shell", "chromium")  # without windows: half the work on each page
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
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
    "no browser: the pages were not tested. Install Chromium (Debian: apt-get install "
    "chromium-headless-shell; elsewhere: .venv/bin/python -m playwright install chromium), "
    "then run the tests again"
)
INSTALL_SECONDS = 300


def executable(playwright: Playwright) -> str | None:
    """Where a Chromium is; None when there is none."""
    own = playwright.chromium.executable_path
    return installed() or (own if Path(own).exists() else None)


def installed() -> str | None:
    """A Chromium that the machine has anyway; `CHROMIUM` names another."""
    wanted = os.environ.get("CHROMIUM")
    found = [wanted] if wanted else [shutil.which(name) for name in NAMES] + list(PLACES)
    return next((path for path in found if path and Path(path).exists()), None)


def main() -> None:
    """Before the tests, outside their time limits: find a browser, else get one, and say which."""
    if _found() is None and _may_install():
        _run(["apt-get", "update"])
        for package in PACKAGES:
            if _found() is None:
                _run(["apt-get", "install", "-y", "--no-install-recommends", package, "fonts-liberation"])
    if _found() is None:
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    path = _found()
    print(f"Browser: {path}" if path else ADVICE.upper())  # noqa: T201 -- a command prints


def _found() -> str | None:
    with sync_playwright() as playwright:
        return executable(playwright)


def _may_install() -> bool:
    """In CI, as root, on Debian or Ubuntu; nobody's own machine gets a package it did not ask for."""
    in_ci = os.environ.get("CI", "").lower() in {"true", "1"}
    return in_ci and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _run(command: list[str]) -> None:
    """What fails here is said at the end by what was not found."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, env=quiet, check=False, capture_output=True, timeout=INSTALL_SECONDS)


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


if __name__ == "__main__":
    main()
