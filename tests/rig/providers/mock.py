"""`oidc-provider-mock`: an OpenID provider that none of us wrote, as a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from tests.rig.ports import free_port
from tests.rig.providers.stage import reachable


@dataclass
class MockProvider:
    """The running provider; it accepts any client."""

    port: int = field(default_factory=free_port)
    client_id: str = "mock-client"
    client_secret: str = "mock-secret"

    @property
    def url(self) -> str:
        """The issuer."""
        return f"http://127.0.0.1:{self.port}"

    def add(self, subject: str, **claims: Any) -> str:
        """A person; returns the subject."""
        answer = httpx.put(f"{self.url}/users/{quote(subject, safe='')}", json=claims, verify=False)
        assert answer.is_success, answer.text
        return subject

    @contextmanager
    def serving(self) -> Iterator["MockProvider"]:
        """Running until the block ends."""
        command = [
            sys.executable,
            "-m",
            "oidc_provider_mock",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
        ]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:
            try:
                with reachable(f"{self.url}/.well-known/openid-configuration"):
                    yield self
            finally:
                process.kill()
