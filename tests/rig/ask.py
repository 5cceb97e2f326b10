"""Single requests without a client: patient on a busy machine, and without reading certificates each time."""

from typing import Any

import httpx

PATIENCE = 60  # seconds


def request(method: str, url: str, **rest: Any) -> httpx.Response:
    """As httpx.request; our servers in tests speak http on loopback, so there is nothing to verify."""
    return httpx.request(method, url, **{"timeout": PATIENCE, "verify": False, **rest})


def get(url: str, **rest: Any) -> httpx.Response:
    """GET."""
    return request("GET", url, **rest)


def post(url: str, **rest: Any) -> httpx.Response:
    """POST."""
    return request("POST", url, **rest)


def options(url: str, **rest: Any) -> httpx.Response:
    """OPTIONS."""
    return request("OPTIONS", url, **rest)
