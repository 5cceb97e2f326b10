"""Every port on every database: a test that takes `stores` runs on each of `openers.OPENERS`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from auth_portal.storage.stores import Stores
from tests.ports.openers import OPENERS, Open


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the server runs on."""
    return "asyncio"


@pytest.fixture(params=sorted(OPENERS))
def open_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """An empty database of the test's own, each kind in turn."""
    with OPENERS[str(request.param)](tmp_path) as opened:
        yield opened


@pytest.fixture
async def open_stores(open_database: Open) -> AsyncIterator[Callable[[], Awaitable[Stores]]]:
    """Opens one more instance on the test's database; all are closed at the end."""
    opened: list[Stores] = []

    async def one_more() -> Stores:
        stores = await open_database()
        opened.append(stores)
        await stores.admin.migrate(lambda _line: None)
        return stores

    yield one_more
    for stores in opened:
        await stores.close()


@pytest.fixture
async def stores(open_stores: Callable[[], Awaitable[Stores]]) -> Stores:
    """The ports on an empty database that has its schema."""
    return await open_stores()


@pytest.fixture
async def sibling(open_stores: Callable[[], Awaitable[Stores]], stores: Stores) -> Stores:
    """A second instance on the same database as `stores`."""
    del stores
    return await open_stores()
