"""An OpenID provider that keeps the law, checks PKCE, and lies exactly as a test tells it to."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.rig.ports import free_port
from tests.rig.providers.faults import Fault
from tests.rig.providers.stage import form_of, on_stage

Claims = dict[str, Any]
KEY = RSAKey.generate_key(2048, parameters={"kid": "stand-in-1"}, private=True)
OTHER_KEY = RSAKey.generate_key(2048, parameters={"kid": "stand-in-1"}, private=True)


def _sign(claims: Claims) -> str:
    """As an honest provider signs."""
    return jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, KEY)


@dataclass
class Lies:
    """What is different from an honest answer; empty: nothing."""

    instead: dict[str, Fault] = field(default_factory=dict)  # by endpoint: token, userinfo, jwks, discovery
    claims: Callable[[Claims], Claims] = lambda claims: claims
    sign: Callable[[Claims], str] = _sign
    metadata: Claims = field(default_factory=dict)
    answer: Callable[[Claims], Claims] = lambda params: params  # what goes to the call-back
    userinfo: Callable[[Claims], Claims] = lambda claims: claims
    thin: bool = False  # the ID token has no e-mail, userinfo does
    access_token: str = ""  # instead of an honest one
    keys: tuple[RSAKey, ...] = ()  # published beside the honest one


@dataclass
class OpenIdStandIn:
    """One provider. `people` are the claims by subject; `asked` keeps authorization requests."""

    port: int = field(default_factory=free_port)
    client_id: str = "portal-client"
    client_secret: str = "portal-secret-that-is-long-enough-for-hs256"
    people: dict[str, Claims] = field(default_factory=dict)
    lies: Lies = field(default_factory=Lies)
    asked: list[Claims] = field(default_factory=list)
    codes: dict[str, Claims] = field(default_factory=dict)
    redeemed: int = 0

    @property
    def url(self) -> str:
        """The issuer."""
        return f"http://127.0.0.1:{self.port}"

    def add(self, subject: str, **claims: Any) -> str:
        """A person; returns the subject."""
        self.people[subject] = {"sub": subject, **claims}
        return subject

    @contextmanager
    def serving(self) -> Iterator["OpenIdStandIn"]:
        """On stage until the block ends."""
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/jwks", self._jwks),
            Route("/authorize", self._authorize, methods=["GET", "POST"]),
            Route("/token", self._token, methods=["POST"]),
            Route("/userinfo", self._userinfo),
        ]
        with on_stage(Starlette(routes=routes), self.port):
            yield self

    def id_token(self, subject: str, audience: str, nonce: str, **more: Any) -> str:
        """An ID token as a native client gets one."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": audience,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.people[subject],
            **more,
        }
        return self.lies.sign(self.lies.claims(claims))

    async def _instead(self, endpoint: str) -> Response | None:
        fault = self.lies.instead.get(endpoint)
        return None if fault is None else await fault()

    async def _discovery(self, request: Request) -> Response:
        del request
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }
        return await self._instead("discovery") or JSONResponse({**document, **self.lies.metadata})

    async def _jwks(self, request: Request) -> Response:
        del request
        keys = [key.as_dict(private=False) for key in (KEY, *self.lies.keys)]
        return await self._instead("jwks") or JSONResponse({"keys": keys})

    async def _authorize(self, request: Request) -> Response:
        """The form's `sub` has consented; `action=deny` has not."""
        asked = dict(request.query_params)
        form = await form_of(request)
        self.asked.append(asked)
        if form.get("action") == "deny":
            params = {"error": "access_denied", "error_description": "<script>alert(1)</script>"}
        else:
            code = secrets.token_urlsafe(24)
            self.codes[code] = {**asked, "sub": str(form.get("sub"))}
            params = {"code": code}
        answer = self.lies.answer({**params, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", status_code=302)

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        if (instead := await self._instead("token")) is not None:
            return instead
        asked = self.codes.pop(str(form.get("code")), None)
        verifier = str(form.get("code_verifier", ""))
        if asked is None or create_s256_code_challenge(verifier) != asked.get("code_challenge"):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        self.redeemed += 1
        now = int(time.time())
        person = self.people[asked["sub"]]
        told = {"sub": person["sub"]} if self.lies.thin else person
        claims = {
            "iss": self.url,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **told,
        }
        token = self.lies.sign(self.lies.claims(claims))
        access = self.lies.access_token or f"access-{person['sub']}"
        return JSONResponse({"access_token": access, "token_type": "Bearer", "id_token": token})

    async def _userinfo(self, request: Request) -> Response:
        subject = request.headers.get("authorization", "").removeprefix("Bearer access-")
        instead = await self._instead("userinfo")
        return instead or JSONResponse(self.lies.userinfo(dict(self.people[subject])))
