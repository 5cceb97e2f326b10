"""The access token as a text: what is accepted, and everything that is not (TK1 to TK15)."""

import hmac
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from auth_portal.core.secrets import encode
from auth_portal.sessions import access_token
from tests.pure.access_world import NOW, Headers, World, assembled, unpadded
from tests.pure.builders import START
from tests.rig.scale import storming

WORLD = World()


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519", "RS256", "HS256"])
def test_what_was_written_is_read(algorithm: str) -> None:
    world = World(algorithm)
    claims = world.read(world.write())
    assert (claims.account_id, claims.session_id) == ("an-account", "a-session")
    assert claims.expires == (START + timedelta(minutes=15)).timestamp()


def test_a_token_says_what_rfc_9068_asks_and_nothing_about_the_person(world: World) -> None:
    head, body, _ = (unpadded(part) for part in world.write().split("."))
    assert json.loads(head) == {"alg": "ES256", "typ": "at+jwt", "kid": world.keys.signing().kid}
    claims = json.loads(body)
    assert claims.keys() == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert (claims["iat"], claims["exp"]) == (NOW, NOW + 900)


def test_with_hs256_services_of_the_original_find_the_claims_that_they_read() -> None:
    claims = World("HS256").claims()
    assert (claims["id"], claims["sessionId"]) == ("an-account", "a-session")


def test_two_tokens_of_one_second_differ(world: World) -> None:
    assert world.write() != world.write()


def test_the_right_key_with_the_right_claims_is_accepted_however_the_header_is_spelled(world: World) -> None:
    assert world.read(world.forge()).session_id == "a-session"


@pytest.mark.parametrize(
    "name", ["none", "None", "nOnE", "NONE", "", "HS256", "ES384", "EdDSA", "RS256", "PS256"]
)
def test_another_algorithm_in_the_header_is_refused(world: World, name: str) -> None:
    good = world.write()
    header = {**world.keys.signing().headers, "alg": name}
    world.refused(assembled(header, good))
    world.refused(assembled(header, good).rpartition(".")[0] + ".")


def test_a_public_key_is_no_hmac_secret(world: World) -> None:
    public = world.keys.signing().public
    assert isinstance(public, ECKey)
    forms = [public.as_pem(private=False), public.as_der(private=False)]
    forms.append(json.dumps(public.as_dict(private=False)).encode())
    for form in forms:
        head = {**world.keys.signing().headers, "alg": "HS256"}
        signed = encode(json.dumps(head).encode()) + "." + world.write().split(".")[1]
        world.refused(f"{signed}.{encode(hmac.digest(form, signed.encode(), 'sha256'))}")


def test_the_shared_secret_under_another_hmac_is_refused() -> None:
    world = World("HS256")
    world.refused(world.forge(headers={"alg": "HS384"}))
    world.refused(world.forge(headers={"alg": "HS512"}))
    world.refused(world.forge(headers={"kid": ""}))


def test_a_key_of_somebody_else_under_our_kid_is_refused(world: World) -> None:
    world.refused(world.forge(key=ECKey.generate_key("P-256")))


@pytest.mark.parametrize(
    "headers",
    [
        {"jwk": ECKey.generate_key("P-256").as_dict(private=False)},
        {"jku": "http://127.0.0.1:9/keys"},
        {"x5u": "http://127.0.0.1:9/cert"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"], "exp": NOW + 900},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
        {"typ": "JWT"},
        {"typ": "application/at+jwt"},
        {"typ": None},
        {"cty": "JWT"},
        {"p2c": 1_000_000_000},
    ],
)
def test_a_header_that_we_do_not_write_is_refused_and_never_followed(world: World, headers: Headers) -> None:
    good = world.write()
    world.refused(assembled({**world.keys.signing().headers, **headers}, good))


@pytest.mark.parametrize(
    "kid", ["unknown", "../../dev/null", "' OR 1=1 --", "A" * 22, "\0", "é", 1, None, ["a"], "x" * 5000]
)
def test_a_strange_kid_is_refused_and_asks_nobody(world: World, kid: object) -> None:
    good = world.write()
    before = world.shelf.reads
    world.refused(assembled({**world.keys.signing().headers, "kid": kid}, good))
    header = world.keys.signing().headers
    header.pop("kid")
    world.refused(assembled(header, good))
    assert world.shelf.reads == before


def test_every_flip_of_a_bit_every_truncation_and_other_spellings_are_refused(world: World) -> None:
    token = world.write()
    for place, letter in enumerate(token):
        for bit in range(7) if storming() else (place % 7,):  # else one of each character, every bit in turn
            world.refused(token[:place] + chr(ord(letter) ^ 1 << bit) + token[place + 1 :])
    for length in range(0, len(token), 3):
        world.refused(token[:length])
    for other in (token + "=", token + ".", "." + token, token + " ", " " + token, token + "\n", token * 2):
        world.refused(other)
    assert world.read(token).session_id == "a-session"


def test_the_spare_bits_of_every_part_are_no_second_spelling() -> None:
    world = World("HS256")
    token = world.write()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in alphabet:
        if letter != token[-1]:
            world.refused(token[:-1] + letter)


def test_a_giant_is_refused_before_it_is_parsed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    monkeypatch.setattr(access_token, "SHAPE", parsed)  # using it would raise AttributeError
    world.refused("A" * 50_000_000)
    world.refused("a.b." + "A" * 8192)


@given(st.text(max_size=300))
def test_no_text_raises_anything_but_the_refusal(text: str) -> None:
    WORLD.refused(text)
    WORLD.refused(f"{text}.{text}.{text}")
