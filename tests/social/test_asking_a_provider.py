"""The HTTP client against a server that misbehaves in every way we know."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth_portal.core.refusal import Refusal
from auth_portal.social.http_client import Answer, HttpClient, trusted_roots
from auth_portal.social.rules import SocialRules
from tests.rig.ports import free_port
from tests.rig.providers.faults import FAULTS, Fault, says_null
from tests.rig.providers.stage import form_of, on_stage

QUICK = timedelta(seconds=1)
GENEROUS = timedelta(seconds=30)


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """A server with one path for each fault, and an honest one."""

    def endpoint(fault: Fault) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            del request
            return await fault()

        return answer

    async def echo(request: Request) -> Response:
        form = await form_of(request)
        return JSONResponse({"form": form, "headers": dict(request.headers)})

    routes = [Route(f"/{name.replace(' ', '-')}", endpoint(fault)) for name, fault in FAULTS.items()]
    routes.append(Route("/echo", echo, methods=["GET", "POST"]))
    with on_stage(Starlette(routes=routes), free_port()) as url:
        yield url


ROOTS = trusted_roots()


def client_of(timeout: timedelta, *, allow_http: bool = True) -> HttpClient:
    """A client as the settings would make it."""
    return HttpClient.under(SocialRules(timeout=timeout, allow_http=allow_http), ROOTS)


def ask(url: str, timeout: timedelta = GENEROUS, *, allow_http: bool = True) -> Answer:
    """One GET with a fresh client."""

    async def once() -> Answer:
        client = client_of(timeout, allow_http=allow_http)
        try:
            return await client.get(url)
        finally:
            await client.close()

    return asyncio.run(once())


def refused(url: str, timeout: timedelta = GENEROUS, *, allow_http: bool = True) -> str:
    """The code of the refusal that asking ends with."""
    with pytest.raises(Refusal) as caught:
        ask(url, timeout, allow_http=allow_http)
    return caught.value.refused.code


@pytest.mark.row("SO15")
@pytest.mark.parametrize("name", [name for name in FAULTS if name != "null"])
def test_every_fault_ends_as_one_clean_refusal(stranger: str, name: str) -> None:
    slow = name in {"stalls 30 s", "drips"}
    began = time.monotonic()
    assert (
        refused(f"{stranger}/{name.replace(' ', '-')}", QUICK if slow else GENEROUS)
        == "social_provider_failed"
    )
    assert time.monotonic() - began < 20


def test_an_answer_of_another_shape_is_still_an_answer(stranger: str) -> None:
    assert FAULTS["null"] is says_null
    answer = ask(f"{stranger}/null")
    assert (answer.status, answer.body) == (200, None)
    assert answer.told_at is not None


def test_a_form_arrives_and_nothing_compressed_is_asked_for(stranger: str) -> None:
    async def once() -> Answer:
        client = client_of(GENEROUS)
        try:
            return await client.post(f"{stranger}/echo", {"code": "a b&c"}, headers={"x-mine": "1"})
        finally:
            await client.close()

    body = asyncio.run(once()).body
    assert isinstance(body, dict)
    assert body["form"] == {"code": "a b&c"}
    assert body["headers"]["accept-encoding"] == "identity"
    assert body["headers"]["x-mine"] == "1"


@pytest.mark.row("SO15")
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://example.com/",
        "http://localhost.evil.example/",
        "http://10.0.0.1/",
        "http://2130706433/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "https://",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "https://127.0.0.1:-1/",
        "https://xn--/",
        "",
    ],
)
def test_only_https_and_our_own_loopback_are_asked(url: str) -> None:
    assert refused(url) == "social_provider_failed"


def test_in_production_not_even_the_loopback_is_asked_without_tls(stranger: str) -> None:
    assert refused(f"{stranger}/echo", allow_http=False) == "social_provider_failed"


def test_a_port_where_nobody_listens_is_a_clean_refusal() -> None:
    assert refused(f"http://127.0.0.1:{free_port()}/") == "social_provider_failed"


@pytest.mark.row("SO15")
def test_tls_that_is_no_tls_is_a_clean_refusal(stranger: str) -> None:
    assert refused(stranger.replace("http://", "https://") + "/echo") == "social_provider_failed"
