"""CONTRACT.md section 6: which pages of other origins may call, and with what."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import StartPortal
from tests.rig import ask
from tests.rig.server import Portal

FRONT = "https://app.example.com"


@pytest.fixture(scope="module")
def with_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A server whose front end lives elsewhere."""
    portal = Portal(tmp_path_factory.mktemp("cors"), {"FRONTEND_DOMAIN": FRONT}).start()
    yield portal
    portal.stop()


def preflight(portal: Portal, origin: str, headers: str = "content-type") -> httpx.Response:
    """What a browser asks before a call."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": headers,
    }
    return ask.options(f"{portal.api}/auth/login", headers=asked)


def test_a_preflight_of_the_front_end_is_a_204_with_credentials(with_front: Portal) -> None:
    answer = preflight(with_front, FRONT, headers="content-type, authorization, refresh")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == FRONT
    assert answer.headers["access-control-allow-credentials"] == "true"
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {"content-type", "authorization", "refresh"} <= allowed


def test_an_answer_to_the_front_end_says_so(with_front: Portal) -> None:
    answer = ask.post(f"{with_front.api}/auth/login", json={}, headers={"Origin": FRONT})
    assert answer.headers["access-control-allow-origin"] == FRONT
    assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        f"{FRONT}.evil.example",
        "https://evilapp.example.com",
        "http://app.example.com",
    ],
)
def test_other_origins_get_nothing(with_front: Portal, origin: str) -> None:
    for answer in (
        preflight(with_front, origin),
        ask.get(f"{with_front.api}/auth/config", headers={"Origin": origin}),
    ):
        assert "access-control-allow-origin" not in answer.headers


def test_every_answer_varies_by_origin(with_front: Portal) -> None:
    for answer in (
        ask.get(f"{with_front.api}/auth/config"),
        ask.post(f"{with_front.api}/auth/login", json={}),
        ask.get(f"{with_front.api}/nowhere"),
        preflight(with_front, FRONT),
    ):
        assert "origin" in answer.headers["vary"].lower()


def test_localhost_3000_is_allowed_in_development_only(start_portal: StartPortal, with_front: Portal) -> None:
    development = start_portal(APP_ENV="development", CLOCK_OFFSET_FILE="")
    local = "http://localhost:3000"
    assert preflight(development, local).headers["access-control-allow-origin"] == local
    assert "access-control-allow-origin" not in preflight(with_front, local).headers
