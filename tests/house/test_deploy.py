"""What is deployed is shut where it can be: container, systemd unit, compose file, pinned requirements."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.house.sources import ROOT

DEPLOY = ROOT / "deploy"
PINNED = re.compile(r"^[A-Za-z0-9_.\-\[\]]+==\S+")
SHUT = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "DynamicUser": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "KillSignal": "SIGTERM",
}


def unit() -> dict[str, str]:
    """The settings of the service section; a repeated one keeps its last value."""
    lines = (DEPLOY / "auth-portal.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def instructions() -> list[tuple[str, str]]:
    """The last stage of the Containerfile, continuation lines joined."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Containerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if " " in line]
    last = max(number for number, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


def test_the_container_runs_as_nobody_in_particular_and_tells_its_health() -> None:
    said = dict(instructions())
    assert said["USER"].isdigit(), "a number: Kubernetes cannot see that a name is not root"
    assert int(said["USER"]) > 0
    assert "/health/ready" in said["HEALTHCHECK"] or "/health/ready" in str(instructions())
    assert said["ENTRYPOINT"].startswith("["), "no shell between us and SIGTERM"
    assert said["STOPSIGNAL"] == "SIGTERM"
    assert said["FROM"].split(":")[-1] not in {"latest", said["FROM"]}


def test_no_secret_is_built_into_the_container() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert not re.search(r"(SECRET|PASSWORD|TOKEN)=\S", text)
    assert "--require-hashes" in text
    ignored = (ROOT / ".dockerignore").read_text()
    assert ".env" in ignored or ignored.startswith("*"), "no .env travels into the image"


def test_the_unit_is_shut() -> None:
    found = unit()
    assert {name: found.get(name) for name in SHUT} == SHUT
    assert int(found["TimeoutStopSec"]) > 10, "longer than we take to answer what was begun"


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: the unit was checked by its keys only")
    text = (DEPLOY / "auth-portal.service").read_text()
    text = re.sub(r"^ExecStart=\S+", f"ExecStart={shutil.which('true')}", text, flags=re.MULTILINE)
    copy = tmp_path / "auth-portal.service"
    copy.write_text(text)
    done = subprocess.run(
        [program, "verify", "--man=no", str(copy)], capture_output=True, text=True, timeout=60, check=False
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "auth-portal.service" in line]
    assert [line for line in ours if "not found" not in line] == []


def test_compose_starts_three_and_opens_one_port_on_loopback() -> None:
    said = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = said["services"]
    assert set(services) == {"auth-portal", "postgres", "valkey"}
    ours = services["auth-portal"]
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    assert int(ours["stop_grace_period"].removesuffix("s")) > 10, "longer than a stop takes"
    assert ours["ports"] == ["127.0.0.1:8080:8080"]
    assert all("ports" not in services[name] for name in ("postgres", "valkey"))
    assert ours["environment"]["AUTH_REFRESH_SECRET"].startswith("${AUTH_REFRESH_SECRET:?")
    assert set(services["postgres"]["volumes"][0].split(":")[:1]) <= set(said["volumes"])


@pytest.mark.parametrize("name", ["run.txt", "test.txt"])
def test_every_requirement_is_pinned_with_its_hash(name: str) -> None:
    text = re.sub(r"\\\n\s*", " ", (ROOT / "requirements" / name).read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) > 10
    loose = [line for line in lines if not PINNED.match(line) or "--hash=sha256:" not in line]
    assert loose == []
