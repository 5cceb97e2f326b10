"""What the tests of social sign-in share: the providers, and a portal on each database that knows them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig.databases import ENGINES
from tests.rig.server import Portal
from tests.rig.social import Social, Stage, social_portal


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Google, GitHub and acme."""
    with Stage().serving() as providers:
        yield providers


@pytest.fixture(scope="session", params=sorted(ENGINES, reverse=True))
def shared_social(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, stage: Stage
) -> Iterator[Social]:
    """One portal for each database, shared by the session.

    It waits longer than the default for its providers: they are threads of a busy test process.
    """
    engine = str(request.param)
    with ENGINES[engine]() as settings:
        portal = Portal(tmp_path_factory.mktemp(f"social-{engine}"), {**settings, "SOCIAL_TIMEOUT": "25s"})
        with social_portal(portal, stage) as started:
            yield started


@pytest.fixture
def social(shared_social: Social) -> Iterator[Social]:
    """A portal with its providers, honest at first."""
    shared_social.stage.be_honest()
    yield shared_social
    shared_social.stage.be_honest()


@pytest.fixture
def own(tmp_path: Path, stage: Stage) -> Iterator[Social]:
    """A portal of the test's own, on SQLite: its clock and its caches may be upset."""
    stage.be_honest()
    with social_portal(Portal(tmp_path / "own"), stage) as started:
        yield started
    stage.be_honest()


@pytest.fixture(scope="session")
def shared_plain(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Iterator[Social]:
    """One portal on SQLite, for what does not touch the database differently."""
    portal = Portal(tmp_path_factory.mktemp("social-plain"), {"SOCIAL_TIMEOUT": "25s"})
    with social_portal(portal, stage) as started:
        yield started


@pytest.fixture
def plain(shared_plain: Social) -> Iterator[Social]:
    """The portal on SQLite with its providers, honest at first."""
    shared_plain.stage.be_honest()
    yield shared_plain
    shared_plain.stage.be_honest()
