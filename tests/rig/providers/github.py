"""A stand-in for GitHub that answers as GitHub's documentation shows, errors with status 200 included."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.rig.ports import free_port
from tests.rig.providers.faults import Fault
from tests.rig.providers.stage import form_of, on_stage

BAD_CODE = {
    "error": "bad_verification_code",
    "error_description": "The code passed is incorrect or expired.",
    "error_uri": "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#bad-verification-code",
}
BAD_CREDENTIALS = {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}


def an_email(address: str, *, verified: bool = True, primary: bool = True) -> dict[str, Any]:
    """A row of GET /user/emails."""
    shown = "private" if primary else None
    return {"email": address, "verified": verified, "primary": primary, "visibility": shown}


@dataclass
class GitHubStandIn:
    """`people` are by login: the answers of /user and /user/emails."""

    port: int = field(default_factory=free_port)
    client_id: str = "github-client"
    client_secret: str = "github-secret"
    people: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = field(default_factory=dict)
    instead: dict[str, Fault] = field(default_factory=dict)  # by endpoint: token, user, emails
    asked: list[dict[str, Any]] = field(default_factory=list)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    names_itself: bool = True  # the `iss` that GitHub sends since 2026

    @property
    def url(self) -> str:
        """The site; the API lies below /api/v3, as with GitHub Enterprise."""
        return f"http://127.0.0.1:{self.port}"

    def add(self, login: str, number: int, *emails: dict[str, Any], name: str | None = None) -> str:
        """A person; returns the login. The public e-mail is null, as it is by default."""
        user = {"login": login, "id": number, "node_id": "MDQ6VXNlcjE=", "type": "User", "email": None}
        self.people[login] = ({**user, "name": name}, list(emails))
        return login

    @contextmanager
    def serving(self) -> Iterator["GitHubStandIn"]:
        """On stage until the block ends."""
        routes = [
            Route("/login/oauth/authorize", self._authorize, methods=["GET", "POST"]),
            Route("/login/oauth/access_token", self._token, methods=["POST"]),
            Route("/api/v3/meta", self._meta),
            Route("/api/v3/user", self._user),
            Route("/api/v3/user/emails", self._emails),
        ]
        with on_stage(Starlette(routes=routes), self.port):
            yield self

    async def _instead(self, endpoint: str) -> Response | None:
        fault = self.instead.get(endpoint)
        return None if fault is None else await fault()

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        form = await form_of(request)
        self.asked.append(asked)
        if form.get("action") == "deny":
            params = {
                "error": "access_denied",
                "error_description": "The user has denied your application access.",
            }
        else:
            code = secrets.token_hex(10)
            self.codes[code] = {**asked, "login": str(form.get("sub"))}
            params = {"code": code}
        if self.names_itself:
            params["iss"] = f"{self.url}/login/oauth"
        params["state"] = asked["state"]
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(params)}", status_code=302)

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        if (instead := await self._instead("token")) is not None:
            return instead
        asked = self.codes.pop(str(form.get("code")), None)
        if form.get("client_secret") != self.client_secret:
            return JSONResponse({"error": "incorrect_client_credentials"})
        if asked is None:
            return JSONResponse(BAD_CODE)
        if create_s256_code_challenge(str(form.get("code_verifier", ""))) != asked["code_challenge"]:
            return JSONResponse(BAD_CODE)
        token = f"gho_{asked['login']}"
        return JSONResponse({"access_token": token, "scope": "read:user,user:email", "token_type": "bearer"})

    def _person(self, request: Request) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        assert request.headers.get("user-agent"), "GitHub refuses requests without a User-Agent"
        login = request.headers.get("authorization", "").removeprefix("Bearer gho_")
        return self.people.get(login)

    async def _meta(self, request: Request) -> Response:
        del request
        return JSONResponse({"verifiable_password_authentication": False})

    async def _user(self, request: Request) -> Response:
        person = self._person(request)
        instead = await self._instead("user")
        if person is None:
            return instead or JSONResponse(BAD_CREDENTIALS, status_code=401)
        return instead or JSONResponse(person[0])

    async def _emails(self, request: Request) -> Response:
        person = self._person(request)
        instead = await self._instead("emails")
        if person is None:
            return instead or JSONResponse(BAD_CREDENTIALS, status_code=401)
        return instead or JSONResponse(person[1])
