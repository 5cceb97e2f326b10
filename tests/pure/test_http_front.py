"""The application around the flows: dispatch, headers, CORS, cross-site requests, mistakes of ours."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from auth_portal.core.refusal import (
    INVALID_CREDENTIALS,
    TOO_MANY_REQUESTS,
    Refusal,
    unauthorized,
    unavailable,
)
from auth_portal.http.openapi import refusals_of
from auth_portal.http.pages.languages import LANGUAGES
from auth_portal.http.routes import api_routes, house_routes
from tests.pure.http_builders import ORIGIN, a_front

ROUTES = [*api_routes("/api"), *house_routes()]
POSTS = [route for route in ROUTES if route.method == "POST" and "{" not in route.path]


def ask(method: str, path: str, flows: dict[str, Any] | None = None, **rest: Any) -> httpx.Response:
    """One request to an application with these flows."""
    return asyncio.run(a_front(flows, **rest.pop("rules", {})).ask(method, path, **rest))


def raising(fault: Exception) -> Any:
    """A flow that raises."""

    async def flow(*_: object, **__: object) -> None:
        raise fault

    return staticmethod(flow)


def _named(route: Any) -> str:
    """The same id in every process."""
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", POSTS, ids=lambda route: route.path)
@pytest.mark.parametrize("method", ["GET", "HEAD", "TRACE", "PUT"])
def test_another_method_is_a_405_that_says_which_are_right(route: Any, method: str) -> None:
    known = {one.method for one in ROUTES if one.path == route.path}
    if method in known or (method == "HEAD" and "GET" in known):
        return
    answer = ask(method, route.path, headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 405
    assert route.method in answer.headers["allow"]


@pytest.mark.parametrize("route", [one for one in ROUTES if one.unsafe and "{" not in one.path], ids=_named)
@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_a_foreign_page_reaches_no_flow(route: Any, origin: str | None) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"} | ({} if origin is None else {"Origin": origin})
    answer = ask(route.method, route.path, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", ORIGIN + ".evil", "evil" + ORIGIN, ORIGIN + "/"]
)
def test_foreign_origins_get_no_cors_headers(origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for answer in (
        ask("OPTIONS", "/api/auth/login", headers=asked),
        ask("GET", "/api/auth/config", headers=asked),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"


def test_a_preflight_of_ours_is_answered_204() -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = ask("OPTIONS", "/api/auth/refresh", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert {"content-type", "authorization", "refresh"} <= set(
        answer.headers["access-control-allow-headers"].split(", ")
    )


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/auth/nope"), ("DELETE", "/api/auth/login")])
def test_a_browser_lets_its_page_see_what_is_wrong_with_path_or_method(method: str, path: str) -> None:
    """Only after a preflight that succeeds; else it reports a failure of CORS."""
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": method}
    answer = ask("OPTIONS", path, headers=asked)
    assert answer.status_code == 204
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    said = ask(method, path, headers={"Origin": ORIGIN})
    assert said.status_code in {404, 405}
    assert said.headers["access-control-allow-origin"] == ORIGIN
    foreign = {**asked, "Origin": "https://evil.example"}
    assert "access-control-allow-methods" not in ask("OPTIONS", path, headers=foreign).headers


def test_front_ends_on_other_origins_see_the_clock_and_may_send_what_libraries_add() -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    may = ask("OPTIONS", "/api/auth/login", headers=asked).headers["access-control-allow-headers"].split(", ")
    assert {"x-requested-with", "traceparent", "tracestate", "baggage", "sentry-trace"} <= {*may}
    seen = ask("GET", "/api/auth/config", headers={"Origin": ORIGIN}).headers["access-control-expose-headers"]
    assert {"date", "content-disposition", "retry-after", "x-request-id"} <= {*seen.split(", ")}


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/auth/config"), ("GET", "/nowhere"), ("GET", "/api/auth/me"), ("POST", "/api/auth/login")],
)
def test_every_answer_of_the_api_wears_its_headers(method: str, path: str) -> None:
    answer = ask(method, path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in answer.headers


def test_a_mistake_of_ours_is_a_500_that_tells_nothing_and_is_logged() -> None:
    front = a_front({"recognise": raising(RuntimeError("secret inside"))})
    answer = asyncio.run(front.ask("GET", "/api/auth/me", headers={"Authorization": "Bearer x"}))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert front.heard.lines == [("error", "broken")]
    assert front.counted.requests == [("/api/auth/me", 500)]


def test_waiting_is_said_in_header_and_body() -> None:
    busy, many = unavailable("x", 2.2), Refusal(TOO_MANY_REQUESTS)
    for fault, status, seconds in ((busy, 503, 3), (many, 429, 60)):
        answer = ask(
            "GET", "/api/auth/me", {"recognise": raising(fault)}, headers={"Authorization": "Bearer x"}
        )
        assert answer.status_code == status
        assert answer.headers["retry-after"] == str(seconds)
        assert answer.json()["retryAfter"] == seconds


def test_every_401_is_the_same_and_no_wrong_password_is_one() -> None:
    told = [
        ask("GET", "/api/auth/me"),
        ask(
            "GET",
            "/api/auth/me",
            {"recognise": raising(unauthorized("why"))},
            headers={"Authorization": "Bearer x"},
        ),
        ask(
            "POST", "/api/auth/refresh", {"rotate": raising(unauthorized("other"))}, headers={"refresh": "x"}
        ),
    ]
    assert len({(one.status_code, one.content, one.headers["www-authenticate"]) for one in told}) == 1
    wrong = ask(
        "POST",
        "/api/auth/login",
        {"sign_in": raising(Refusal(INVALID_CREDENTIALS))},
        json={"email": "a@example.com", "password": "x"},
    )
    assert (wrong.status_code, wrong.json()["message"]) == (400, "email or password is incorrect")


def test_a_failed_refresh_clears_no_cookie_and_a_failed_logout_does() -> None:
    no = raising(unauthorized("no"))
    headers = {"Cookie": "__Host-refreshToken=aprt_x"}
    assert "set-cookie" not in ask("POST", "/api/auth/refresh", {"rotate": no}, headers=headers).headers
    left = ask("POST", "/api/auth/logout", {"sign_out": no}, headers=headers)
    assert left.status_code == 401
    assert left.headers["set-cookie"] == (
        '__Host-refreshToken=""; Max-Age=0; Path=/; HttpOnly; SameSite=Strict; Secure'
    )


@pytest.mark.parametrize("path", ["/metrics", "/version"])
def test_operators_are_on_this_machine_or_show_the_token(path: str) -> None:
    assert ask("GET", path).status_code == 403
    assert ask("GET", path, headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert ask("GET", path, headers={"Authorization": "Bearer operators only, please"}).status_code == 200
    assert ask("GET", path, peer="127.0.0.1").status_code == 200
    assert ask("GET", path, peer="127.0.0.1", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


def test_bodies_over_the_cap_are_refused_by_length_and_while_they_arrive() -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 1024

    kind = {"Content-Type": "application/json"}
    assert ask("POST", "/api/auth/login", content=b"x" * 65_537, headers=kind).status_code == 413
    assert ask("POST", "/api/auth/login", content=endless(), headers=kind).status_code == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_read(kind: str) -> None:
    answer = ask("POST", "/api/auth/login", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize("name", ["google", "github", "nowhere"])
def test_providers_without_credentials_are_not_there(name: str) -> None:
    for method, path in (("GET", ""), ("GET", "/callback"), ("POST", "/nonce"), ("POST", "/token")):
        assert ask(method, f"/api/auth/{name}{path}").status_code == 404


def test_a_provider_never_hides_a_route_of_the_table() -> None:
    rules = {"providers": {"google": "Google"}}
    assert ask("GET", "/api/auth/login", rules=rules).status_code == 405
    assert ask("GET", "/api/auth/me", rules=rules).status_code == 401


def test_the_document_speaks_of_every_route_and_every_status() -> None:
    said = ask("GET", "/openapi.json", rules={"providers": {"google": "Google"}}).json()
    for route in (one for one in ROUTES if one.documented):
        operation = said["paths"][route.path][route.method.lower()]
        wanted = refusals_of(route) | {says.status for says in route.says}
        assert {int(status) for status in operation["responses"]} == wanted
    assert len({op["operationId"] for path in said["paths"].values() for op in path.values()}) == sum(
        len(path) for path in said["paths"].values()
    )


def test_the_document_names_the_headers_parameters_and_bodies_that_come() -> None:
    paths = ask("GET", "/openapi.json", rules={"providers": {"google": "Google"}}).json()["paths"]

    def headers(method: str, path: str, status: str) -> set[str]:
        return {*paths[f"/api/auth/{path}"][method]["responses"][status].get("headers", {})}

    assert "Set-Cookie" in headers("delete", "sessions/{id}", "204"), "one's own session"
    assert "Set-Cookie" in headers("post", "logout", "401")
    assert "Set-Cookie" in headers("get", "{provider}/callback", "303"), "where tokens are handed off"
    assert "Content-Disposition" in headers("get", "me/export", "200")
    assert "content" in paths["/api/auth/register"]["post"]["responses"]["202"]
    start = {one["name"] for one in paths["/api/auth/{provider}"]["get"]["parameters"]}
    assert {"next", "return_to"} <= start


@pytest.mark.parametrize("path", ["/docs", "/docs/errors", "/docs/reference.css"])
def test_the_documentation_needs_nobody_elses_server(path: str) -> None:
    answer = ask("GET", path)
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    links = [part.split('"')[0] for part in answer.text.split('href="')[1:]]
    assert all(link.startswith(("/", "#")) for link in links)


PAGES = {"rules": {"portal": True}}
CARRIED = "hash=aplk_x%26%C3%BC&link=l&code=c&error=e&next=%2Fhere"


@pytest.mark.parametrize("path", ["/auth/confirm-email", "/auth/social", "/nowhere"])
def test_the_links_to_other_languages_carry_what_pages_know_and_nothing_else(path: str) -> None:
    asked = {"headers": {"Accept": "text/html"}, **PAGES}
    said = ask("GET", f"{path}?lang=fr&utm_source=x&{CARRIED}&token=t&lang=es", **asked)
    assert re.findall(r'href="\?([^"]*)"', said.text) == [
        f"{CARRIED}&lang={language.code}".replace("&", "&amp;") for language in LANGUAGES
    ]
    bare = re.findall(r'href="\?([^"]*)"', ask("GET", f"{path}?x=y", **asked).text)
    assert bare == [f"lang={language.code}" for language in LANGUAGES]


@pytest.mark.parametrize("path", ["/auth/login", "/nowhere"])
@pytest.mark.parametrize("query", ["a&" * 14_000, "%ff" * 9_000, "hash=" + "x" * 28_000, "hash=%ff&" * 220])
def test_a_long_query_makes_no_page_longer(path: str, query: str) -> None:
    asked = {"headers": {"Accept": "text/html"}, **PAGES}
    usual = len(ask("GET", f"{path}?lang=en", **asked).content)
    assert len(ask("GET", f"{path}?{query}", **asked).content) <= usual
