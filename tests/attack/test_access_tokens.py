"""Access tokens (TK rows): algorithms, key names, embedded keys, mutations, bombs."""

import hmac
import json
import socket
from collections.abc import Iterator

import pytest
from joserfc.jwk import ECKey, RSAKey

from auth_portal.core.secrets import encode
from tests.rig import ask
from tests.rig.answers import me, worth_nothing
from tests.rig.crowd import Ask, at_once
from tests.rig.forge import Claims, Forger, Sign
from tests.rig.meter import total
from tests.rig.ports import free_port
from tests.rig.scale import scaled
from tests.rig.server import Portal
from tests.rig.wire import head, say

EVERY_NTH = scaled(7, 1)  # of the characters in which bits are flipped
PER_VOLLEY = 50


@pytest.fixture(scope="module", params=["ES256", "RS256"])
def signing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A server that signs by each kind of algorithm in turn."""
    settings = {"AUTH_JWT_ALGORITHM": str(request.param)}
    portal = Portal(tmp_path_factory.mktemp("signing"), settings).start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def forger(signing: Portal) -> Forger:
    """Somebody with a genuine token of that server, and its key."""
    forger = Forger.of(signing, signing.a_person())
    assert me(signing, forger.altered()).status_code == 200, "the forger's key must be the right one"
    return forger


@pytest.mark.row("TK1")
@pytest.mark.parametrize("name", ["none", "None", "nOnE", "NONE", "", None, [], "none "])
def test_a_token_without_signature_is_worth_nothing(signing: Portal, forger: Forger, name: object) -> None:
    bare = forger.redressed({**forger.key.headers, "alg": name}).rpartition(".")[0]
    without = forger.token.rpartition(".")[0]
    worth_nothing(signing, bare + ".", bare, bare + ".AA", without + ".", without)


@pytest.mark.row("TK2")
def test_a_public_key_is_no_secret(signing: Portal, forger: Forger) -> None:
    """CVE-2022-29217, CVE-2024-33663: HMAC with whatever text the public key may be known by."""
    published = ask.get(f"{signing.url}/.well-known/jwks.json").json()["keys"]
    assert published
    for jwk in published:
        key = ECKey.import_key(jwk) if jwk["kty"] == "EC" else RSAKey.import_key(jwk)
        pem = key.as_pem(private=False)
        forms = [pem, pem.strip(), key.as_der(private=False), json.dumps(jwk).encode(), b""]
        forms.append(json.dumps(key.as_dict(private=False), separators=(",", ":")).encode())
        for form in forms:
            for name, digest in (("HS256", "sha256"), ("HS512", "sha512")):
                headers = {**forger.key.headers, "alg": name}
                worth_nothing(signing, forger.redressed(headers, by_hmac(form, digest)))


def by_hmac(secret: bytes, digest: str) -> Sign:
    """Signs with a public text as if it were a secret."""
    return lambda said: hmac.digest(secret, said, digest)


@pytest.mark.row("TK3")
def test_the_right_key_by_another_algorithm_is_refused(signing: Portal, forger: Forger) -> None:
    others = {"ES256": ["ES384"], "RS256": ["RS384", "RS512", "PS256"]}
    for name in others[forger.key.algorithm]:
        if name == "ES384":
            worth_nothing(signing, forger.redressed({**forger.key.headers, "alg": name}))
        else:
            worth_nothing(signing, forger.sign(forger.claims, {"alg": name}))
    elliptic = forger.key.algorithm == "ES256"
    stranger = ECKey.generate_key("P-256") if elliptic else RSAKey.generate_key(2048)
    worth_nothing(signing, forger.sign(forger.claims, key=stranger))
    worth_nothing(
        signing, forger.sign(forger.claims, {"typ": "JWT"}), forger.sign(forger.claims, without="typ")
    )


KIDS = ["unknown", "../../dev/null", "/dev/null", "' OR 1=1 --", "A" * 22, "", "\0", "é", 1, None, ["a"], {}]


@pytest.mark.row("TK4")
def test_a_strange_name_of_a_key_finds_none(signing: Portal, forger: Forger) -> None:
    """That it costs no I/O is shown in tests/pure/test_access_token_text.py."""
    for kid in KIDS:
        headers = {**forger.key.headers, "kid": kid}
        worth_nothing(signing, forger.redressed(headers), forger.redressed(headers, lambda _: b"x" * 64))
    if forger.key.kid:
        worth_nothing(signing, forger.sign(forger.claims, without="kid"))
    worth_nothing(signing, forger.redressed({**forger.key.headers, "kid": "k" * 12_000}))
    assert me(signing, forger.redressed({**forger.key.headers, "kid": "k" * 1_000_000})).status_code == 431


@pytest.mark.row("TK5")
def test_a_key_that_the_token_brings_along_is_not_looked_at(signing: Portal, forger: Forger) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as sink:
        sink.settimeout(0.2)
        there = f"http://127.0.0.1:{sink.getsockname()[1]}/keys"
        mine = ECKey.generate_key("P-256")
        extras: list[Claims] = [
            {"jwk": mine.as_dict(private=False)},
            {"jku": there},
            {"x5u": there},
            {"jku": there, "kid": "mine"},
            {"x5c": ["MIIB"]},
            {"crit": ["exp"], "exp": 1},
            {"crit": []},
            {"b64": False, "crit": ["b64"]},
        ]
        for extra in extras:
            worth_nothing(signing, forger.sign(forger.claims, {"alg": "ES256", **extra}, key=mine))
            worth_nothing(signing, forger.sign(forger.claims, extra))
        with pytest.raises(TimeoutError):
            sink.accept()


@pytest.mark.row("TK10")
def test_no_mutation_of_a_token_is_accepted(signing: Portal, forger: Forger) -> None:
    token = forger.token
    raw = token.encode()
    flipped = {
        raw[:at] + bytes([raw[at] ^ (1 << bit)]) + raw[at + 1 :]
        for at in range(0, len(raw), EVERY_NTH)
        for bit in range(8)
    }
    sendable = [one for one in flipped if not any(byte < 0x21 or byte == 0x7F for byte in one)]
    shortened = [raw[:length] for length in range(1, len(raw), EVERY_NTH)]
    asks = [Ask("GET", "/auth/me", {"Authorization": f"Bearer {one.decode('latin-1')}"}) for one in sendable]
    asks += [Ask("GET", "/auth/me", {"Authorization": f"Bearer {one.decode()}"}) for one in shortened]
    for start in range(0, len(asks), PER_VOLLEY):
        answers = at_once([signing.url], asks[start : start + PER_VOLLEY])
        assert {answer.status for answer in answers} == {401}
        assert len({answer.body for answer in answers}) == 1
    assert me(signing, token).status_code == 200


@pytest.mark.row("TK10")
@pytest.mark.parametrize("mark", [".", "=", "==", "\t.", "%20", "\xa0", "\x85", "\xad", ",", "A"])
def test_no_other_spelling_of_a_token_is_accepted(signing: Portal, forger: Forger, mark: str) -> None:
    head_, body, signature = forger.token.split(".")
    spellings = [
        forger.token + mark,
        mark + forger.token,
        f"{head_}{mark}.{body}.{signature}",
        f"{head_}.{body}{mark}.{signature}",
        f"{head_}. {body}.{signature}",
        f"{head_}.{body}.{signature}{mark}{signature}",
        f"{forger.token},{forger.token}",
        f"{forger.token} {forger.token}",
    ]
    for spelling in spellings:
        sent = head(signing, "GET /api/auth/me", f"Authorization: Bearer {spelling}", "Connection: close")
        assert say(signing, sent).statuses == [401], spelling
    twice = [f"Authorization: Bearer {forger.token}"] * 2
    assert say(signing, head(signing, "GET /api/auth/me", *twice, "Connection: close")).statuses == [401]


@pytest.mark.row("TK13")
def test_a_bomb_costs_nothing(signing: Portal, forger: Forger) -> None:
    before = total(signing, "process_cpu_seconds_total")
    jwe = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "zip": "DEF", "p2c": 1_000_000_000, "p2s": "AAAA"}
    five = ".".join([encode(json.dumps(jwe).encode()), "AAAA", "AAAA", "AAAA", "AAAA"])
    worth_nothing(signing, five, forger.redressed({**forger.key.headers, **jwe}), "." * 5000, "a." * 2000)
    deep = b"[" * 5000
    worth_nothing(signing, f"{encode(deep)}.{encode(deep)}.AAAA", forger.sign(b"[" * 3000))
    worth_nothing(signing, forger.sign({**forger.claims, "exp": int("9" * 3000)}))
    huge = b"A" * 1_000_000
    request = (head(signing, "GET /api/auth/me", "Authorization: Bearer ")[:-4], *[huge] * 50)
    assert say(signing, *request).statuses in ([431], [])
    assert total(signing, "process_cpu_seconds_total") - before < 5
