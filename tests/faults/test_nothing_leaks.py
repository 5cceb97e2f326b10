"""OP14, RF16: after everything was done once, no log, metric or database holds a secret that was used."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from tests.conftest import StartPortal
from tests.faults.dump import everything_in_postgresql, everything_on_disk
from tests.rig import ask
from tests.rig.databases import ENGINES
from tests.rig.letters import link_hash
from tests.rig.person import Device, Person
from tests.rig.server import ROOT_SECRET, Portal

FIRST = "cobalt orchard whisper 81"
SECOND = "marble thunder teapot 54"
THIRD = "saffron glacier violin 27"
WRONG = "a wrong guess that was typed 3"
METRICS_TOKEN = "metrics-token-of-the-tests"
SMTP_PASSWORD = "relay-password-of-the-tests"
TOKEN_SHAPES = re.compile(rb"(?:aprt_|aplk_|apdv_)[A-Za-z0-9_-]{20,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ")

pytestmark = pytest.mark.timeout(600)  # a machine may be busy: the deadlines are elsewhere


@dataclass
class Secrets:
    """Everything that was secret on the way, by what it is."""

    known: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, value: str) -> None:
        """Remember one."""
        self.known[f"{what} #{len(self.known)}"] = value

    def of(self, device: Device) -> None:
        """A device's tokens and cookies as they are now."""
        self.add("access token", device.token)
        self.add("signature of an access token", device.token.rsplit(".", 1)[-1])
        self.add("refresh token", device.refresh_token)
        for cookie in device.client.cookies.jar:
            self.add(f"cookie {cookie.name}", str(cookie.value))

    def found_in(self, text: bytes) -> list[str]:
        """The names of those that stand in it, as they are or as they stand in an address."""
        return [
            what
            for what, value in self.known.items()
            if value.encode() in text or quote(value, safe="").encode() in text
        ]


def live(portal: Portal, secrets: Secrets) -> tuple[Person, Person]:
    """Do everything once, the wrong way too; returns one who stays and one who has left."""
    for password in (FIRST, SECOND, THIRD, WRONG):
        secrets.add("password", password)
    stays = portal.a_person(password=FIRST)
    secrets.of(stays.device)
    stays.confirm()
    secrets.add("link", portal.letters.hash(stays.email, "Confirm email"))
    guess(portal, stays)
    other = stays.another_device("Opera on a Toaster")
    secrets.of(other)
    other.refresh()
    secrets.of(other)
    assert other.info().status_code == 200
    body = {"currentPassword": FIRST, "password": SECOND}
    assert stays.device.send("PUT", "/auth/me/password", body).status_code == 200
    stays.password = SECOND
    link = stays.ask_for_reset()
    secrets.add("link", link)
    assert stays.reset(THIRD, link).status_code == 200
    assert stays.reset(FIRST, link).status_code == 400
    assert stays.device.login(stays.email, THIRD).status_code == 200
    stays.password = THIRD
    secrets.of(stays.device)
    move_address(portal, stays, secrets)
    replay(portal, stays, secrets)
    return stays, leaves(portal, secrets)


def guess(portal: Portal, person: Person) -> None:
    """Wrong in every place."""
    stranger = portal.device()
    assert stranger.login(person.email, WRONG).status_code == 400
    assert stranger.login("nobody@example.com", WRONG).status_code == 400
    assert stranger.post("/auth/login", {"email": WRONG, "password": [WRONG]}).status_code == 400
    assert stranger.get(f"/auth/{quote(WRONG)}?password={quote(WRONG)}").status_code == 404
    assert stranger.get("/auth/me", headers={"Authorization": f"Bearer {WRONG}"}).status_code == 401
    assert stranger.refresh(person.device.refresh_token[:-3] + "AAA").status_code == 401


def move_address(portal: Portal, person: Person, secrets: Secrets) -> None:
    """Another address, confirmed by its link."""
    fresh = f"moved-{person.email}"
    body = {"email": fresh, "currentPassword": person.password}
    assert person.device.send("PUT", "/auth/me/email", body).status_code == 202
    link = link_hash(portal.letters.wait(fresh))
    secrets.add("link", link)
    assert person.device.client.post("/auth/email/confirm", json={"hash": link}).status_code == 200
    person.email = fresh


def replay(portal: Portal, person: Person, secrets: Secrets) -> None:
    """A stolen token is found out: the session is closed and there is a letter."""
    stolen = person.another_device("the thief's")
    secrets.of(stolen)
    old = stolen.refresh_token
    stolen.refresh()
    secrets.of(stolen)
    portal.move_clock(31)
    assert portal.device().refresh(old).status_code == 401
    assert person.device.get("/auth/me/export").status_code == 200
    assert person.device.get("/auth/events").status_code == 200


def leaves(portal: Portal, secrets: Secrets) -> Person:
    """Somebody signs up and deletes the account."""
    gone = portal.a_person(
        password=SECOND, email="left-behind@vanished.example", firstName="Quintessa", lastName="Vanishing"
    )
    secrets.of(gone.device)
    gone.ask_for_reset()
    portal.letters.wait(gone.email, "Confirm email")
    assert gone.device.send("DELETE", "/auth/me", {"currentPassword": SECOND}).status_code == 204
    assert gone.device.signed_out()
    return gone


@contextmanager
def lived(start: StartPortal, engine: str) -> Iterator[tuple[Portal, Secrets, Person, Person]]:
    """A portal on which everything was done once."""
    with ENGINES[engine]() as settings:
        portal = start(settings, LOG_LEVEL="debug", MAIL_USER="portal", MAIL_PASSWORD=SMTP_PASSWORD)
        secrets = Secrets()
        for what, value in (("root secret", ROOT_SECRET), ("relay's password", SMTP_PASSWORD)):
            secrets.add(what, value)
        yield portal, secrets, *live(portal, secrets)


def dump_of(portal: Portal) -> bytes:
    """The whole database."""
    url = portal.settings.get("DATABASE_URL")
    return everything_on_disk(portal.folder) if url is None else everything_in_postgresql(url)


@pytest.mark.row("OP14", "RF16")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_no_secret_is_in_logs_metrics_or_the_database(start_portal: StartPortal, engine: str) -> None:
    with lived(start_portal, engine) as (portal, secrets, _stays, _gone):
        metrics = ask.get(
            f"{portal.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, timeout=30
        )
        assert metrics.status_code == 200
        assert ROOT_SECRET not in portal.run("keys", "list")
        log = portal.log().encode()
        secrets.add("metrics token", METRICS_TOKEN)
        for where, text in (("log", log), ("metrics", metrics.content), ("database", dump_of(portal))):
            assert len(text) > 500, f"the {where} was read"
            assert secrets.found_in(text) == [], where
            assert TOKEN_SHAPES.search(text) is None, where
        assert secrets.found_in(FIRST.encode()) == ["password #2"], "the search finds what is there"


@pytest.mark.row("OP14")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_who_leaves_leaves_nothing_but_a_line_without_a_name(start_portal: StartPortal, engine: str) -> None:
    with lived(start_portal, engine) as (portal, _secrets, stays, gone):
        portal.move_clock(2 * 3600)
        portal.run("sweep")
        portal.stop()
        dump = dump_of(portal)
        assert stays.email.encode() in dump
        for trace in (gone.email, "Quintessa", "Vanishing"):
            assert trace.encode() not in dump, f"{trace} is left behind"
        assert "left-behind" not in portal.run("mail", "list")
        portal.start()
        assert portal.device().login(gone.email, SECOND).status_code == 400
        assert stays.another_device().signed_in()
