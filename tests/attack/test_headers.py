"""What stands around every answer (CK5, CK6): headers that protect, problems that tell nothing."""

from collections.abc import Iterator

import httpx
import pytest

from tests.rig import ask
from tests.rig.server import Portal

STRICT = "default-src 'none'; frame-ancestors 'none'"
LEAKS = [
    "Traceback",
    'File "',
    "sqlite",
    "asyncpg",
    "pymongo",
    "Exception",
    "/src/",
    "site-packages",
    "SELECT ",
]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A server that is on https for the outside."""
    portal = Portal(tmp_path_factory.mktemp("secure"), {"BACKEND_DOMAIN": "https://id.example.com"}).start()
    yield portal
    portal.stop()


def every_answer(portal: Portal) -> dict[str, httpx.Response]:
    """One of each kind of answer of the API."""
    person = portal.a_person()
    device = person.device
    json = {"Content-Type": "application/json"}
    post = device.client.post
    answers = {
        "200": device.me(),
        "200 empty": post("/auth/forgot/password", json={"email": person.email}),
        "204": device.client.options("/auth/login"),
        "400 fields": post("/auth/login", json={}),
        "400 words": post("/auth/login", json={"email": person.email, "password": "wrong wrong"}),
        "400 body": post("/auth/login", content=b"{", headers=json),
        "400 link": post("/auth/email/confirm", json={"hash": "x"}),
        "401": device.get("/auth/me", headers={"Authorization": "Bearer x"}),
        "403": post("/auth/login", json={}, headers={"Sec-Fetch-Site": "cross-site"}),
        "403 operators": device.client.get(
            f"{portal.url}/version", headers={"X-Forwarded-For": "198.51.100.1"}
        ),
        "404": device.get("/nowhere"),
        "404 session": device.send("DELETE", "/auth/sessions/0190f5b0-0000-7000-8000-000000000000"),
        "404 provider": device.get("/auth/nobody"),
        "405": device.get("/auth/login"),
        "413": post("/auth/login", content=b"x" * 2_000_000, headers=json),
        "415": post("/auth/login", content=b"x=1", headers={"Content-Type": "text/plain"}),
        "404 long": device.get("/" + "x" * 5_000),
        "404 outside": device.client.get(f"{portal.url}/nowhere"),
        "404 file": device.client.get(f"{portal.url}/portal/nothing.js"),
        "404 version": device.client.get(f"{portal.url}/portal/x/client.js"),
        "404 dots": device.client.get(f"{portal.url}/portal/%2e%2e/%2e%2e/etc/passwd"),
    }
    for name, answer in answers.items():
        assert answer.status_code == int(name[:3]), f"{name}: {answer.status_code} {answer.text}"
    return answers


@pytest.mark.row("CK5")
@pytest.mark.row("CK6")
def test_every_answer_of_the_api_is_dressed_and_every_no_is_a_problem(secure: Portal) -> None:
    for name, answer in every_answer(secure).items():
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["content-security-policy"] == STRICT, name
        assert headers["referrer-policy"] == "no-referrer", name
        assert headers["cache-control"] == "no-store", name
        assert headers["strict-transport-security"].startswith("max-age=63072000"), name
        assert not {"server", "x-powered-by", "via"} & set(headers), name
        if answer.status_code >= 400:
            is_a_problem(answer, name)


def is_a_problem(answer: httpx.Response, name: str) -> None:
    """RFC 9457, and nothing of our inside."""
    said = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", name
    assert said["status"] == said["statusCode"] == answer.status_code, name
    assert said["code"].replace("_", "").isalpha(), name
    assert said["type"].endswith(f"#{said['code']}"), name
    assert said["title"], name
    assert said["detail"] == said["message"], name
    for leak in LEAKS:
        assert leak.lower() not in answer.text.lower(), f"{name} tells {leak}"


@pytest.mark.row("CK6")
def test_every_code_of_a_problem_is_in_the_catalogue(secure: Portal) -> None:
    page = ask.get(f"{secure.url}/docs/errors", verify=False).text
    for name, answer in every_answer(secure).items():
        if answer.status_code >= 400:
            assert answer.json()["code"] in page, name


@pytest.mark.row("CK5")
@pytest.mark.parametrize(
    "path", ["/", "/auth/sign-in", "/auth/confirm-email?hash=x", "/nowhere", "/docs", "/docs/errors"]
)
def test_pages_have_their_own_strict_policy(secure: Portal, path: str) -> None:
    answer = ask.get(f"{secure.url}{path}", headers={"Accept": "text/html"}, verify=False)
    assert answer.status_code in {200, 303, 404}
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    for careless in ("unsafe-inline", "unsafe-eval", "*", "data: ", "http:"):
        assert careless not in policy, policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" in answer.headers
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.row("CK5")
def test_public_keys_are_cacheable_and_private_answers_are_not(secure: Portal) -> None:
    keys = ask.get(f"{secure.url}/.well-known/jwks.json", verify=False)
    assert "max-age" in keys.headers["cache-control"]
    assert "no-store" not in keys.headers["cache-control"]
    assert ask.get(f"{secure.url}/health/ready", verify=False).headers["cache-control"] == "no-store"
    page = ask.get(f"{secure.url}/", follow_redirects=True, headers={"Accept": "text/html"}, verify=False)
    assert page.status_code in {200, 303}


@pytest.mark.row("CK5")
def test_on_http_there_is_no_hsts(alone: Portal) -> None:
    assert "strict-transport-security" not in alone.device().get("/auth/config").headers
