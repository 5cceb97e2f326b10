"""Starts `oidc-provider-mock` and the server that knows it; Ctrl-C ends both."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE = 30.0  # seconds until a part must answer
PEOPLE = (
    {
        "sub": "ada",
        "email": "ada@example.com",
        "email_verified": True,
        "given_name": "Ada",
        "family_name": "Lovelace",
        "locale": "en",
    },
    {
        "sub": "grace",
        "email": "grace@example.com",
        "email_verified": True,
        "given_name": "Grace",
        "family_name": "Hopper",
    },
    {
        "sub": "mallory",
        "email": "ada@example.com",
        "email_verified": False,
        "name": "Mallory, who proved nothing",
    },
)


@contextmanager
def running(command: list[str], settings: Mapping[str, str], answers_at: str) -> Iterator[None]:
    """The process, from when it answers until the block ends."""
    with subprocess.Popen(command, env={**os.environ, **settings}) as process:  # noqa: S603 -- our own words
        try:
            _wait_for(answers_at, process)
            yield
        finally:
            process.terminate()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Until somebody answers at `url`; SystemExit when the process ends or time is over."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 -- loopback
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise SystemExit(f"nobody answers at {url}; is the port taken? (APP_PORT, DEMO_PROVIDER_PORT)")


def provider_command(port: str) -> list[str]:
    """The provider with its people; -W keeps notices about its own libraries off the screen."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--host",
        "localhost",
        "--port",
        port,
    ]
    for person in PEOPLE:
        command += ["--user-claims", json.dumps(person)]
    return command


def main() -> None:
    """Start both, say where to go, wait."""
    port, provider_port = os.environ.get("APP_PORT", "8080"), os.environ.get("DEMO_PROVIDER_PORT", "9400")
    portal, provider = f"http://localhost:{port}", f"http://localhost:{provider_port}"
    with tempfile.TemporaryDirectory(prefix="auth-portal-demo-") as folder:
        settings = {
            "APP_ENV": "development",
            "APP_PORT": port,
            "BACKEND_DOMAIN": portal,
            "DATA_DIR": str(Path(folder)),
            "OIDC_DEMO_ISSUER": provider,
            "OIDC_DEMO_CLIENT_ID": "auth-portal-demo",
            "OIDC_DEMO_CLIENT_SECRET": "not-a-secret",
            "OIDC_DEMO_LABEL": "the demo provider",
        }
        server = [sys.executable, "-m", "auth_portal", "serve"]
        metadata = f"{provider}/.well-known/openid-configuration"
        with (
            running(provider_command(provider_port), {}, metadata),
            running(server, settings, f"{portal}/health/ready"),
        ):
            sys.stdout.write(
                f"\n  {portal}  has a button for the demo provider."
                "\n  There, choose ada or grace; mallory shows what an unverified address gets."
                "\n  Everything is forgotten when you press Ctrl-C.\n\n"
            )
            sys.stdout.flush()
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
