"""What a provider publishes is used for a day after it was fetched, while the provider stalls or fails."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from joserfc.jwk import Key
from starlette.responses import JSONResponse, Response

from auth_portal.core.clock import system_clock
from auth_portal.core.refusal import Refusal
from auth_portal.social.http_client import HttpClient, trusted_roots
from auth_portal.social.providers.metadata import Published
from auth_portal.social.rules import SocialRules
from tests.rig.providers.faults import breaks, stalls
from tests.rig.providers.oidc import KEY, Lies, OpenIdStandIn

TIMEOUT = timedelta(seconds=2)
OUTER = 0.9  # of it, for everything that a sign-in asks of its provider
SLOW = 0.5  # of it: late, yet in time for those who have nothing else
HOURS = timedelta(hours=2)
ROOTS = trusted_roots()

Tale = Callable[["World"], Awaitable[None]]


@dataclass
class World:
    """Our side of the provider, under a clock that a test moves."""

    there: OpenIdStandIn
    passed: timedelta = timedelta(0)
    published: Published = field(init=False)

    def __post_init__(self) -> None:
        """With empty hands."""
        http = HttpClient.under(SocialRules(timeout=TIMEOUT, allow_http=True), ROOTS)
        self.published = Published(self.there.url, http, self.clock)

    def clock(self) -> datetime:
        """Now, as the test has it."""
        return system_clock() + self.passed

    async def key(self) -> Key:
        """The key of an honest token, within the deadline of a sign-in."""
        self.there.add("ada")
        token = self.there.id_token("ada", self.there.client_id, "n")
        async with asyncio.timeout(TIMEOUT.total_seconds() * OUTER):
            return await self.published.key(token, from_provider=True)

    async def address(self) -> str:
        """Where to send a browser, within the same deadline."""
        async with asyncio.timeout(TIMEOUT.total_seconds() * OUTER):
            return (await self.published.metadata()).authorization_endpoint


@pytest.fixture(scope="module")
def stage() -> Iterator[OpenIdStandIn]:
    """A provider."""
    with OpenIdStandIn().serving() as provider:
        yield provider


@pytest.fixture
def world(stage: OpenIdStandIn) -> World:
    """The provider, honest again, and nothing fetched yet."""
    stage.lies = Lies()
    return World(stage)


def told(world: World, tale: Tale) -> None:
    """Run it to its end."""

    async def once() -> None:
        try:
            await tale(world)
        finally:
            await world.published.http.close()

    asyncio.run(once())


@pytest.mark.row("SO15")
@pytest.mark.parametrize("endpoints", [("discovery",), ("jwks",), ("discovery", "jwks")])
def test_what_is_kept_serves_whoever_comes_first_while_the_provider_stalls(
    world: World, endpoints: tuple[str, ...]
) -> None:
    async def tale(world: World) -> None:
        await world.key()
        world.passed = HOURS
        world.there.lies = Lies(instead=dict.fromkeys(endpoints, stalls))
        assert (await world.key()).kid == KEY.kid
        assert await world.address() == f"{world.there.url}/authorize"

    told(world, tale)


def test_a_newer_copy_is_fetched_once_the_provider_answers_again(world: World) -> None:
    async def tale(world: World) -> None:
        await world.address()
        world.passed = HOURS
        world.there.lies = Lies(instead={"discovery": stalls})
        await world.address()
        world.there.lies = Lies(metadata={"authorization_endpoint": f"{world.there.url}/elsewhere"})
        assert (await world.address()).endswith("/authorize"), "not asked again for half a minute"
        world.passed += timedelta(seconds=31)
        assert (await world.address()).endswith("/elsewhere")

    told(world, tale)


@pytest.mark.parametrize("endpoint", ["discovery", "jwks"])
def test_a_slow_provider_is_waited_for_while_nothing_is_kept(world: World, endpoint: str) -> None:
    async def tale(world: World) -> None:
        document = {
            "discovery": {
                "issuer": world.there.url,
                "authorization_endpoint": f"{world.there.url}/authorize",
                "token_endpoint": f"{world.there.url}/token",
                "jwks_uri": f"{world.there.url}/jwks",
            },
            "jwks": {"keys": [KEY.as_dict(private=False)]},
        }[endpoint]
        world.there.lies = Lies(instead={endpoint: slowly(document)})
        assert await world.key()

    told(world, tale)


def test_a_slow_provider_is_waited_for_when_the_key_is_not_among_those_that_are_kept(world: World) -> None:
    async def tale(world: World) -> None:
        another = {**KEY.as_dict(private=False), "kid": "of-yesterday"}
        world.there.lies = Lies(instead={"jwks": slowly({"keys": [another]}, 0)})
        with pytest.raises(Refusal):
            await world.key()
        world.there.lies = Lies(instead={"jwks": slowly({"keys": [KEY.as_dict(private=False)]})})
        assert await world.key()

    told(world, tale)


@pytest.mark.row("SO15")
@pytest.mark.parametrize("endpoint", ["discovery", "jwks"])
def test_what_is_older_than_a_day_serves_nobody(world: World, endpoint: str) -> None:
    async def tale(world: World) -> None:
        await world.key()
        world.there.lies = Lies(instead={endpoint: breaks})
        world.passed = timedelta(hours=23)
        await world.key()
        world.passed = timedelta(hours=25)
        with pytest.raises(Refusal):
            await world.key()

    told(world, tale)


def slowly(document: dict[str, object], share: float = SLOW) -> Callable[[], Awaitable[Response]]:
    """The honest answer, late."""

    async def answer() -> Response:
        await asyncio.sleep(TIMEOUT.total_seconds() * share)
        return JSONResponse(document)

    return answer
