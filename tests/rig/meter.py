"""Reads a server's own counters, as its operator would."""

import re

import httpx

from tests.rig.server import Portal

LINE = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)$")


def readings(portal: Portal) -> dict[str, float]:
    """Every counter by name and labels, as Prometheus would read it."""
    headers = {"Authorization": "Bearer metrics-token-of-the-tests"}
    answer = httpx.get(f"{portal.url}/metrics", headers=headers, timeout=60)
    assert answer.status_code == httpx.codes.OK, answer.text
    found = (LINE.match(line) for line in answer.text.splitlines())
    return {f"{one['name']}{{{one['labels'] or ''}}}": float(one["value"]) for one in found if one}


def total(portal: Portal, name: str) -> float:
    """The sum of a counter over all its labels."""
    return sum(value for key, value in readings(portal).items() if key.startswith(name + "{"))


def hashes(portal: Portal) -> float:
    """How many password hashes the server has computed."""
    return sum(
        value
        for key, value in readings(portal).items()
        if key.startswith("auth_portal_hashes_total{") and "refused" not in key
    )


def memory(portal: Portal) -> float:
    """The server's resident memory in bytes."""
    return total(portal, "process_resident_memory_bytes")
