"""What access tokens say (TK rows): time, issuer, audience, content; signed with the right key."""

import json
import re
import time
from collections.abc import Iterator

import pytest

from auth_portal.core.secrets import decode
from tests.rig.answers import me, the_401, worth_nothing
from tests.rig.forge import Forger
from tests.rig.server import Portal

SHARED_SECRET = "v8Zq-a secret that other services share-4mX1"
ENDS = ["1", "0", "-1", '"9999999999"', "NaN", "1e400", "-1e400", "Infinity", "9999999999.5", "9e12", "null"]
ENDS += ["true", "[]", "{}", "9" * 400, "253402300800", '"NaN"']
OPAQUE = re.compile(r"aprt_[A-Za-z0-9_-]{70,200}")


@pytest.fixture(scope="module", params=["ES256", "HS256"])
def forger(
    request: pytest.FixtureRequest, alone: Portal, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Portal, Forger]]:
    """Somebody with a genuine token and the key of the portal, an own one and a shared one in turn."""
    if request.param == "ES256":
        yield alone, Forger.of(alone, alone.a_person())
        return
    shared = Portal(tmp_path_factory.mktemp("shared"), {"AUTH_JWT_SECRET": SHARED_SECRET}).start()
    yield shared, Forger.of(shared, shared.a_person())
    shared.stop()


def raw(forger: Forger, name: str, value: str) -> str:
    """The genuine claims, one of them replaced by text as it stands."""
    said = json.dumps({**forger.claims, name: "HERE"}).replace('"HERE"', value)
    return forger.sign(said.encode())


@pytest.mark.row("TK7")
@pytest.mark.parametrize("value", ENDS)
def test_an_end_that_is_past_or_no_whole_number(forger: tuple[Portal, Forger], value: str) -> None:
    portal, one = forger
    worth_nothing(portal, raw(one, "exp", value))


@pytest.mark.row("TK7")
def test_a_token_without_an_end_or_from_the_future(forger: tuple[Portal, Forger]) -> None:
    portal, one = forger
    now = int(time.time())
    ahead = {"iat": now + 120, "nbf": now + 120, "exp": now + 900}
    worth_nothing(portal, one.lacking("exp"), one.lacking("iat"))
    worth_nothing(portal, one.altered(iat=ahead["iat"]), one.altered(nbf=ahead["nbf"]), one.altered(**ahead))
    worth_nothing(
        portal, *(raw(one, name, value) for name in ("iat", "nbf") for value in ("NaN", '"1"', "1e400"))
    )
    assert me(portal, one.altered(nbf=now - 60)).status_code == 200


@pytest.mark.row("TK7")
def test_a_key_that_stands_twice_and_what_is_no_object(forger: tuple[Portal, Forger]) -> None:
    portal, one = forger
    genuine = json.dumps(one.claims)
    junk = [b"", b"null", b"[]", b"1", b'"x"', genuine.encode("utf-16"), b"\xff", genuine.encode() + b"x"]
    worth_nothing(portal, *(one.sign(said) for said in junk))


@pytest.mark.row("TK8")
@pytest.mark.parametrize("name", ["iss", "aud"])
def test_another_issuer_or_audience(forger: tuple[Portal, Forger], name: str) -> None:
    portal, one = forger
    right = str(one.claims[name])
    wrong: list[object] = ["https://evil.example", "", None, 1, [right], [right, "x"], {"a": right}]
    wrong += [right + "/", right[:-1], right + ".evil.example", right.upper(), " " + right, "\0" + right]
    wrong.append(right.replace("127.0.0.1", "localhost"))
    worth_nothing(portal, one.lacking(name), *(one.altered(**{name: value}) for value in wrong))


@pytest.mark.row("TK8")
@pytest.mark.parametrize("name", ["sub", "sid"])
def test_another_person_or_session(forger: tuple[Portal, Forger], name: str) -> None:
    portal, one = forger
    other = portal.a_person()
    elsewhere = str(Forger(other.device.token, one.key).claims[name])
    wrong: list[object] = ["", "nobody", None, 1, [], "' OR 1=1 --", "\0", elsewhere, "x" * 4000]
    worth_nothing(portal, one.lacking(name), *(one.altered(**{name: value}) for value in wrong))


@pytest.mark.row("TK15")
def test_an_access_token_says_what_it_must_and_nothing_about_the_person(alone: Portal) -> None:
    person = alone.a_person(firstName="Marguerite", lastName="Duras")
    header, body, _ = person.device.token.split(".")
    assert json.loads(decode(header)).keys() == {"alg", "typ", "kid"}
    assert json.loads(decode(header))["typ"] == "at+jwt"
    said = decode(body).decode()
    claims = json.loads(said)
    assert claims.keys() == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert claims["iss"] == claims["aud"] == alone.issuer
    assert claims["sub"] == person.id
    assert claims["sid"] == person.device.sessions()[0]["id"]
    assert claims["exp"] - claims["iat"] == 15 * 60
    for secret in (
        person.email,
        person.email.split("@", maxsplit=1)[0],
        "Marguerite",
        "Duras",
        "127.0.0.1:0",
    ):
        assert secret not in said


@pytest.mark.row("TK15")
def test_refresh_tokens_are_opaque_and_never_twice_the_same(alone: Portal) -> None:
    person = alone.a_person()
    devices = [person.device, *(person.another_device() for _ in range(3))]
    tokens = [device.refresh_token for device in devices]
    for device in devices:
        device.refresh()
        tokens.append(device.refresh_token)
    access = [device.token for device in devices]
    assert len(set(tokens)) == len(tokens)
    assert len({json.loads(decode(token.split(".")[1]))["jti"] for token in access}) == len(access)
    for token in tokens:
        assert OPAQUE.fullmatch(token), token
        hidden = decode(token.removeprefix("aprt_"))
        assert person.id.encode() not in hidden
        assert person.email.encode() not in hidden


@pytest.mark.row("TK9")
def test_tokens_of_another_kind_open_nothing_and_end_nothing(alone: Portal) -> None:
    person = alone.a_person()
    link = person.ask_for_reset()
    device = person.device
    worth_nothing(alone, device.refresh_token, link, "aplk_", "aprt_")
    stranger = alone.device()
    for wrong in (device.token, link):
        the_401(stranger.refresh(wrong))
        the_401(stranger.post("/auth/info-session", {"refreshToken": wrong}))
    for wrong in (device.token, device.refresh_token):
        body = {"hash": wrong, "password": "another quiet harbour 43"}
        assert stranger.post("/auth/reset/password", body).json()["code"] == "link_invalid"
        assert stranger.post("/auth/email/confirm", body).json()["code"] == "link_invalid"
    assert device.signed_in(), "nobody's session may end by a token of the wrong kind"
    assert device.refresh().status_code == 200
