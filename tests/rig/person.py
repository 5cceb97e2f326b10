"""People and their devices: each device is a client with its own cookies and tokens."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

if TYPE_CHECKING:
    from tests.rig.server import Portal

PASSWORD = "quiet harbour lantern 42"


@dataclass
class Device:
    """One browser or app. It shows its tokens in headers; cookies are kept beside them."""

    client: httpx.Client
    token: str = ""
    refresh_token: str = ""

    @classmethod
    def of(cls, portal: "Portal", user_agent: str = "tests", network: str | None = None) -> "Device":
        """A device without credentials; `network` is the address a trusted proxy says it has."""
        headers = {"User-Agent": user_agent}
        if network is not None:
            headers["X-Forwarded-For"] = network
        return cls(httpx.Client(base_url=portal.api, headers=headers, timeout=60, verify=False))

    def __del__(self) -> None:
        """Close the connections: an open socket that is forgotten is a warning, and so an error."""
        self.client.close()

    def post(self, path: str, body: object = None, **rest: Any) -> httpx.Response:
        """POST JSON, with the access token when there is one."""
        return self.send("POST", path, body, **rest)

    def get(self, path: str, **rest: Any) -> httpx.Response:
        """GET, with the access token when there is one."""
        return self.send("GET", path, **rest)

    def send(self, method: str, path: str, body: object = None, **rest: Any) -> httpx.Response:
        """Any method; `headers` override the credential."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers.update(rest.pop("headers", {}))
        json = {} if body is None else {"json": body}
        return self.client.request(method, path, headers=headers, **json, **rest)

    def keep(self, answer: httpx.Response) -> httpx.Response:
        """Remember the tokens of an answer that brings some."""
        if answer.status_code in {200, 201} and answer.content:
            said = answer.json()
            self.token = said.get("token", self.token)
            self.refresh_token = said.get("refreshToken", self.refresh_token)
        return answer

    def login(self, email: str, password: str) -> httpx.Response:
        """Sign in with a password; keeps the tokens when it works."""
        return self.keep(self.client.post("/auth/login", json={"email": email, "password": password}))

    def refresh(self, refresh_token: str | None = None) -> httpx.Response:
        """Rotate, by the `refresh` header; keeps the new tokens."""
        shown = refresh_token or self.refresh_token
        return self.keep(self.client.post("/auth/refresh", headers={"refresh": shown}))

    def info(self) -> httpx.Response:
        """What a front end's own server asks before each page."""
        return self.client.post("/auth/info-session", headers={"refresh": self.refresh_token})

    def me(self) -> httpx.Response:
        """Who am I."""
        return self.get("/auth/me")

    def logout(self) -> httpx.Response:
        """Sign this device out."""
        return self.post("/auth/logout")

    def sessions(self) -> list[dict[str, Any]]:
        """The list of one's devices, as people see it."""
        answer = self.get("/auth/sessions")
        assert answer.status_code == httpx.codes.OK, answer.text
        return list(answer.json()["sessions"])

    def signed_in(self) -> bool:
        """Both tokens still open doors (asks INFO, so that nothing is rotated)."""
        return self.me().status_code == self.info().status_code == httpx.codes.OK

    def signed_out(self) -> bool:
        """Neither token opens anything."""
        return self.me().status_code == self.info().status_code == httpx.codes.UNAUTHORIZED


@dataclass
class Person:
    """Somebody with an account, and the devices they have used."""

    portal: "Portal"
    email: str
    password: str
    device: Device
    devices: list[Device] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The account's id, as the first device sees it."""
        return str(self.device.me().json()["id"])

    def another_device(self, user_agent: str = "another device", network: str | None = None) -> Device:
        """Sign in on a further device."""
        device = Device.of(self.portal, user_agent, network)
        answer = device.login(self.email, self.password)
        assert answer.status_code == httpx.codes.OK, answer.text
        self.devices.append(device)
        return device

    def confirm(self) -> None:
        """Follow the link of the first letter."""
        token = self.portal.letters.hash(self.email, "Confirm email")
        answer = self.device.client.post("/auth/email/confirm", json={"hash": token})
        assert answer.status_code == httpx.codes.OK, answer.text

    def ask_for_reset(self, count: int = 1) -> str:
        """Ask for the reset letter; returns the token of the `count`-th one that came."""
        answer = self.device.client.post("/auth/forgot/password", json={"email": self.email})
        assert answer.status_code == httpx.codes.OK, answer.text
        return self.portal.letters.hash(self.email, "Reset password", count)

    def reset(self, password: str, token: str | None = None) -> httpx.Response:
        """Set a new password by mail."""
        shown = token or self.ask_for_reset()
        answer = self.device.client.post("/auth/reset/password", json={"hash": shown, "password": password})
        if answer.status_code == httpx.codes.OK:
            self.password = password
        return answer


def invent_person(
    portal: "Portal", *, confirmed: bool = False, network: str | None = None, **chosen: str
) -> Person:
    """Sign somebody up over HTTP; `chosen` may give email, password, firstName, lastName."""
    device = Device.of(portal, chosen.pop("user_agent", "first device"), network)
    body = {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "email": f"person-{uuid4().hex[:12]}@example.com",
        "password": PASSWORD,
        **chosen,
    }
    answer = device.keep(device.client.post("/auth/register", json=body))
    assert answer.status_code == httpx.codes.CREATED, answer.text
    person = Person(portal, body["email"], body["password"], device, [device])
    if confirmed:
        person.confirm()
    return person
