"""A portal with three providers beside it, and browsers that walk the whole redirect dance."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.rig.person import Device
from tests.rig.providers.github import GitHubStandIn, an_email
from tests.rig.providers.mock import MockProvider
from tests.rig.providers.oidc import Lies, OpenIdStandIn
from tests.rig.server import Portal

FRONTEND = "http://localhost:3000"
PROVIDERS = ("google", "github", "acme")
NATIVE_CLIENT = "phone-app"


@dataclass
class Stage:
    """Google (an OpenID stand-in), GitHub (its stand-in), and acme, which is oidc-provider-mock."""

    google: OpenIdStandIn = field(default_factory=OpenIdStandIn)
    github: GitHubStandIn = field(default_factory=GitHubStandIn)
    acme: MockProvider = field(default_factory=MockProvider)

    @contextmanager
    def serving(self) -> Iterator["Stage"]:
        """All three, until the block ends."""
        with self.google.serving(), self.github.serving(), self.acme.serving():
            yield self

    def settings(self) -> dict[str, str]:
        """What makes a portal know them."""
        return {
            "FRONTEND_DOMAIN": FRONTEND,
            "CLIENT_ID_GOOGLE": self.google.client_id,
            "CLIENT_SECRET_GOOGLE": self.google.client_secret,
            "CLIENT_IDS_GOOGLE": NATIVE_CLIENT,
            "GOOGLE_ISSUER": self.google.url,
            "CLIENT_ID_GITHUB": self.github.client_id,
            "CLIENT_SECRET_GITHUB": self.github.client_secret,
            "GITHUB_BASE_URL": self.github.url,
            "OIDC_ACME_ISSUER": self.acme.url,
            "OIDC_ACME_CLIENT_ID": self.acme.client_id,
            "OIDC_ACME_CLIENT_SECRET": self.acme.client_secret,
            "SOCIAL_RETURN_TO": "/app,/team/*",
        }

    def be_honest(self) -> None:
        """No lies left over from the last test."""
        self.google.lies = Lies()
        self.github.instead = {}
        self.github.names_itself = True

    def add(self, provider: str, email: str, *, verified: bool = True) -> str:
        """A new person at the provider; returns what to consent as."""
        name = f"p{uuid4().hex[:16]}"
        if provider == "github":
            return self.github.add(name, secrets.randbelow(10**9) + 1, an_email(email, verified=verified))
        there = self.google if provider == "google" else self.acme
        return there.add(name, email=email, email_verified=verified, given_name="Ada", family_name="King")


def an_address() -> str:
    """An address that nobody has."""
    return f"person-{uuid4().hex[:12]}@example.com"


def query(url: str) -> dict[str, str]:
    """The parameters of a URL, each once."""
    told = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in told.values()), url
    return {name: values[0] for name, values in told.items()}


@dataclass
class Browser:
    """One browser: its cookies, and the device it becomes when it is signed in."""

    portal: Portal
    device: Device
    verifier: str | None = None

    @classmethod
    def at(cls, portal: Portal) -> "Browser":
        """A fresh one."""
        return cls(portal, portal.device("a browser"))

    def begin(self, provider: str, *, challenge: bool = False, **params: str) -> str:
        """GET /auth/{provider}; returns where it leads."""
        if challenge:
            self.verifier = secrets.token_urlsafe(32)
            params["code_challenge"] = create_s256_code_challenge(self.verifier)
        answer = self.device.client.get(f"/auth/{provider}", params=params)
        assert answer.status_code == httpx.codes.FOUND, answer.text
        return answer.headers["location"]

    def consent(self, location: str, who: str, action: str = "approve") -> str:
        """Agree (or `deny`) at the provider; returns the address of our call-back."""
        answer = httpx.post(location, data={"sub": who, "action": action}, timeout=60, verify=False)
        assert answer.status_code == httpx.codes.FOUND, answer.text
        return answer.headers["location"]

    def come_back(self, callback: str) -> dict[str, str]:
        """GET the call-back; returns the parameters with which the front end's page is reached."""
        answer = self.device.client.get(callback)
        assert answer.status_code == httpx.codes.SEE_OTHER, f"{answer.status_code} {answer.text}"
        location = answer.headers["location"]
        assert location.startswith(f"{FRONTEND}/auth/social?"), location
        return query(location)

    def arrive(self, provider: str, who: str, *, challenge: bool = False, **params: str) -> dict[str, str]:
        """The dance up to the front end's page."""
        return self.come_back(self.consent(self.begin(provider, challenge=challenge, **params), who))

    def exchange(self, code: str, verifier: str | None = None, **rest: Any) -> httpx.Response:
        """POST the code; keeps the tokens when it works."""
        shown = verifier or self.verifier
        body = {"code": code, **({"codeVerifier": shown} if shown else {})}
        return self.device.keep(self.device.client.post("/auth/social/exchange", json=body, **rest))

    def sign_in(self, provider: str, who: str, *, challenge: bool = False) -> httpx.Response:
        """All of it."""
        arrived = self.arrive(provider, who, challenge=challenge)
        assert "code" in arrived, arrived
        answer = self.exchange(arrived["code"])
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer

    def link(self, provider: str, who: str) -> httpx.Response:
        """Link another provider to the account that is signed in here."""
        began = self.device.post(f"/auth/{provider}/link", {})
        assert began.status_code == httpx.codes.OK, began.text
        answer = self.device.client.get(began.json()["url"])
        assert answer.status_code == httpx.codes.FOUND, answer.text
        arrived = self.come_back(self.consent(answer.headers["location"], who))
        return self.device.post("/auth/social/link", {"code": arrived["link"]})

    def identities(self) -> dict[str, str]:
        """Ids of the linked accounts, by provider."""
        answer = self.device.get("/auth/identities")
        assert answer.status_code == httpx.codes.OK, answer.text
        return {one["provider"]: one["id"] for one in answer.json()["identities"]}


@dataclass
class Social:
    """A running portal and the providers it knows."""

    portal: Portal
    stage: Stage

    def browser(self) -> Browser:
        """A fresh browser."""
        return Browser.at(self.portal)

    def someone(self, provider: str, email: str | None = None, *, verified: bool = True) -> str:
        """A new person at the provider."""
        return self.stage.add(provider, email or an_address(), verified=verified)


@contextmanager
def social_portal(portal: Portal, stage: Stage) -> Iterator[Social]:
    """The portal, started with the providers' settings, until the block ends."""
    portal.settings = {**portal.settings, **stage.settings()}
    with ExitStack() as stack:
        stack.callback(portal.kill)
        yield Social(portal.start(), stage)
