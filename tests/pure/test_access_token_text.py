"""The access token: what is accepted, and everything that is not (TK1 to TK15)."""

import asyncio
import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from auth_portal.core.refusal import UNAUTHORIZED, Refusal
from auth_portal.core.secrets import encode
from auth_portal.sessions import access_token
from auth_portal.sessions.access_token import AccessTokens, Claims
from auth_portal.sessions.keys import KeyRoom, KeyRules
from auth_portal.sessions.session import SessionRules
from auth_portal.sessions.signing_key import Key
from tests.pure.builders import START, HandClock, Heard, KeyShelf, keyring, randomness

ISSUER = "https://auth.example.com"
SECRET = b"a shared secret of thirty-two bytes or more"
NOW = int(START.timestamp())
Headers = dict[str, object]


class World:
    """Access tokens with a key room of their own."""

    def __init__(self, algorithm: str = "ES256") -> None:
        self.clock, self.shelf = HandClock(), KeyShelf()
        rules = KeyRules(algorithm, SECRET if algorithm == "HS256" else None)
        self.keys = KeyRoom(self.shelf, keyring("seal"), self.clock, randomness, Heard(), rules)
        asyncio.run(self.keys.load())
        self.tokens = AccessTokens(self.keys, ISSUER, ISSUER, self.clock, SessionRules())

    def write(self) -> str:
        return self.tokens.write("an-account", "a-session", self.clock())[0]

    def read(self, token: str, **how: bool) -> Claims:
        return asyncio.run(self.tokens.read(token, **how))

    def refused(self, token: str, **how: bool) -> None:
        with pytest.raises(Refusal) as refusal:
            self.read(token, **how)
        assert refusal.value.refused is UNAUTHORIZED

    def forge(
        self,
        claims: bytes | None = None,
        headers: Headers | None = None,
        key: Key | None = None,
        **changed: object,
    ) -> str:
        """A token under the right key, unless told otherwise, with claims or headers changed."""
        signing = self.keys.signing()
        said = claims if claims is not None else json.dumps({**self.claims(), **changed}).encode()
        registry = jws.JWSRegistry(strict_check_header=False, algorithms=list(jws.JWSRegistry.algorithms))
        head = {**signing.headers, **(headers or {})}
        return jws.serialize_compact(head, said, key or signing.private, registry=registry)

    def claims(self) -> dict[str, object]:
        _, body, _ = self.write().split(".")
        claims: dict[str, object] = json.loads(unpadded(body))
        return claims


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def assembled(header: object, token: str) -> str:
    """The token with another header, its signature left as it was."""
    return ".".join([encode(json.dumps(header).encode()), *token.split(".")[1:]])


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519", "RS256", "HS256"])
def test_what_was_written_is_read(algorithm: str) -> None:
    world = World(algorithm)
    claims = world.read(world.write())
    assert (claims.account_id, claims.session_id) == ("an-account", "a-session")
    assert claims.expires_at == START + timedelta(minutes=15)


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


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": None},
        {"exp": str(NOW + 900)},
        {"exp": True},
        {"exp": NOW + 900.5},
        {"exp": [NOW + 900]},
        {"exp": 10**30},
        {"exp": 10**15},
        {"exp": -1},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"iat": NOW + 31},
        {"iat": None},
        {"iat": str(NOW)},
        {"iat": True},
        {"nbf": NOW + 31},
        {"nbf": "0"},
        {"nbf": None},
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": [ISSUER]},
        {"iss": None},
        {"aud": [ISSUER]},
        {"aud": [ISSUER, "https://other.example"]},
        {"aud": ISSUER[:-1]},
        {"aud": ISSUER + ".evil.example"},
        {"aud": None},
        {"sub": None},
        {"sub": 1},
        {"sub": {"$gt": ""}},
        {"sid": None},
        {"sid": ["a-session"]},
        {"jti": None},
    ],
)
def test_a_claim_that_is_wrong_is_refused_though_the_signature_is_right(
    world: World, changed: dict[str, object]
) -> None:
    world.refused(world.forge(**changed))


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub", "sid", "jti"])
def test_a_claim_that_is_missing_is_refused(world: World, claim: str) -> None:
    claims = world.claims()
    del claims[claim]
    world.refused(world.forge(claims=json.dumps(claims).encode()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"[" * 4000,
        b'{"exp":1e400}',
        b"\xff\xfe",
        b'{"sub":"\xff"}',
    ],
)
def test_a_body_that_is_no_set_of_claims_is_refused_though_the_signature_is_right(
    world: World, body: bytes
) -> None:
    world.refused(world.forge(claims=body or b" "))


def test_every_flip_of_a_bit_every_truncation_and_other_spellings_are_refused(world: World) -> None:
    token = world.write()
    for place, letter in enumerate(token):
        for bit in range(7):
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


def test_the_end_is_compared_at_each_use_and_only_signing_out_may_come_later() -> None:
    world = World()
    token = world.write()
    assert world.read(token).session_id == "a-session"
    world.clock.move(minutes=15)
    world.refused(token)
    assert world.read(token, expired_too=True).session_id == "a-session"
    world.refused(token[:-2] + "AA", expired_too=True)


def test_small_differences_of_clocks_are_forgiven(world: World) -> None:
    assert world.read(world.forge(iat=NOW + 10, nbf=NOW + 10)).session_id == "a-session"


def test_the_signature_is_checked_once_and_again_when_the_keys_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, checked = World(), []
    real = jws.deserialize_compact

    def counted(*args: Any, **named: Any) -> jws.CompactSignature:
        checked.append(args)
        return real(*args, **named)

    monkeypatch.setattr(access_token.jws, "deserialize_compact", counted)
    token = world.write()
    for _ in range(5):
        world.read(token)
    assert len(checked) == 1
    asyncio.run(world.keys.rotate())
    world.read(token)
    assert len(checked) == 2


def test_what_a_retired_key_signed_is_refused_though_it_was_remembered() -> None:
    world = World()
    token = world.write()
    world.read(token)
    asyncio.run(world.keys.retire(world.keys.signing().kid))
    world.refused(token)
    assert world.read(world.write()).session_id == "a-session"


def test_the_memory_of_signatures_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_token, "MOST_REMEMBERED", 10)
    world = World("HS256")
    for _ in range(50):
        world.read(world.write())
    assert len(world.tokens._verdicts.genuine) == 10


def test_forged_tokens_are_not_remembered() -> None:
    world = World("HS256")
    for _ in range(20):
        world.refused(world.forge(key=OctKey.import_key(b"x" * 32)))
    assert len(world.tokens._verdicts.genuine) == 0


WORLD = World()
