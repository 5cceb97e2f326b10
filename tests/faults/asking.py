"""What the tests of faults ask, and what a server may answer while something that it needs is away."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.rig.person import PASSWORD, Device, Person
from tests.rig.server import Portal

Asked = Callable[[], httpx.Response]


def everything(portal: Portal, person: Person) -> dict[str, Asked]:
    """One request of every kind that a database has to be asked for; by name."""
    device, stranger = person.device, portal.device()
    link = portal.letters.hash(person.email, "Confirm email")
    new = {"firstName": "A", "lastName": "B", "email": "during@example.com", "password": PASSWORD}
    return {
        "me": device.me,
        "info": device.info,
        "refresh": lambda: device.client.post("/auth/refresh", headers={"refresh": device.refresh_token}),
        "sessions": lambda: device.get("/auth/sessions"),
        "login": lambda: stranger.login(person.email, person.password),
        "wrong login": lambda: stranger.login(person.email, "not this one, surely"),
        "register": lambda: stranger.post("/auth/register", new),
        "forgot": lambda: stranger.post("/auth/forgot/password", {"email": person.email}),
        "confirm": lambda: stranger.post("/auth/email/confirm", {"hash": link}),
        "logout": device.logout,
    }


def refused_now(asked: dict[str, Asked]) -> None:
    """Each is answered `not_now`; they are asked at once, since each may take its time."""
    with ThreadPoolExecutor(len(asked)) as pool:
        for name, answer in zip(asked, pool.map(lambda asking: asking(), asked.values()), strict=True):
            assert not_now(answer), name


def not_now(answer: httpx.Response) -> bool:
    """A 503 that says when to try again, as problem details, and takes nobody's cookie away."""
    said = answer.json()
    assert answer.status_code == 503, f"{answer.request.url}: {answer.status_code} {answer.text}"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert said["status"] == said["statusCode"] == 503
    assert "set-cookie" not in answer.headers
    return True


def is_back(device: Device) -> bool:
    """The session lives: me, info and a rotation."""
    return device.signed_in() and device.refresh().status_code == 200 and device.signed_in()


def until(met: Callable[[], bool], seconds: float = 60) -> float:
    """Wait until it is so; returns the seconds it took. Fails when time is over."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if met():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")
