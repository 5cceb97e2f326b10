"""What operators run: `doctor` asks the providers, and the demo shows it all without an account elsewhere."""

import os
import re
import signal
import subprocess
import sys
import time

import httpx

from tests.rig import ask
from tests.rig.ports import free_port
from tests.rig.providers.faults import breaks
from tests.rig.providers.oidc import Lies
from tests.rig.social import Social, query


def test_doctor_asks_every_provider(own: Social) -> None:
    said = own.portal.run("doctor")
    for name in ("google", "github", "acme"):
        assert f"{name}: register the redirect URI {own.portal.api}/auth/{name}/callback" in said
        assert f"{name}: our clocks agree" in said


def test_doctor_finds_a_provider_that_is_broken(own: Social) -> None:
    own.stage.google.lies = Lies(instead={"discovery": breaks})
    assert re.search(r"BAD +google: .*status 500", own.portal.run("doctor", status=1))
    own.stage.google.lies = Lies(metadata={"issuer": "https://evil.example"})
    # Two addresses whose last numbers agree (127.0.0.1 is ours) are two sites all the same.
    own.portal.settings["FRONTEND_DOMAIN"] = "http://10.9.0.1:3000"
    said = own.portal.run("doctor", status=1)
    assert "speaks for https://evil.example" in said
    assert "the front end is another site" in said


def test_the_demo_lets_its_people_in() -> None:
    port, provider = free_port(), free_port()
    settings = {**os.environ, "APP_PORT": str(port), "DEMO_PROVIDER_PORT": str(provider)}
    command = [sys.executable, "-m", "demo"]
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as demo:
        try:
            assert demo.stdout is not None
            while b"demo provider" not in (line := demo.stdout.readline()):
                assert line or demo.poll() is None, "the demo ended"
            _sign_in(f"http://localhost:{port}/api/auth")
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)
    deadline = time.monotonic() + 30
    while _answers(provider) or _answers(port):
        assert time.monotonic() < deadline, "the demo left somebody running"
        time.sleep(0.2)


def _sign_in(auth: str) -> None:
    """As ada, and in vain as mallory."""
    for who, ends in (("ada", "code"), ("mallory", "error")):
        with httpx.Client(verify=False, timeout=60) as browser:
            there = browser.get(f"{auth}/demo").headers["location"]
            back = ask.post(there, data={"sub": who}, verify=False, timeout=60).headers["location"]
            arrived = query(browser.get(back).headers["location"])
            assert list(arrived) == [ends]
            if ends == "code":
                answer = browser.post(f"{auth}/social/exchange", json={"code": arrived["code"]})
                assert answer.status_code == httpx.codes.OK, answer.text


def _answers(port: int) -> bool:
    """Somebody listens there."""
    try:
        ask.get(f"http://localhost:{port}/", timeout=5, verify=False)
    except httpx.TransportError:
        return False
    return True
