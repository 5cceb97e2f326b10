"""One-time links (OL rows): the older ones, how hard they are to guess, and what is no token at all."""

import pytest

from auth_portal.core.secrets import decode
from tests.rig import ask
from tests.rig.crowd import Ask, at_once
from tests.rig.letters import link_hash
from tests.rig.person import Person
from tests.rig.rows import contents
from tests.rig.scale import scaled
from tests.rig.server import Portal

TOKENS = scaled(100, 10_000)
PER_VOLLEY = 50
SHARED_RUN = 9  # characters; 54 bits that two of 10,000 random tokens share once in 10^7 runs or so
FRESH = "another quiet harbour 43"
OPERATORS: list[object] = [
    {"$gt": ""},
    {"$ne": None},
    {"$regex": "^a"},
    {"$where": "sleep(1000)"},
    {"$in": ["a"]},
    [],
    ["a"],
    [{"$gt": ""}],
    1,
    0,
    -1,
    1.5,
    True,
    None,
]


@pytest.mark.row("OL3")
def test_using_one_reset_link_kills_the_others(portal: Portal) -> None:
    person = portal.a_person()
    first, second = person.ask_for_reset(1), person.ask_for_reset(2)
    assert first != second
    assert person.reset(FRESH, first).status_code == 200
    answer = person.reset("yet another quiet harbour 44", second)
    assert answer.status_code == 400
    assert answer.json()["code"] == "link_invalid"
    assert portal.device().login(person.email, FRESH).status_code == 200


@pytest.mark.row("OL3")
def test_the_newest_link_works_and_kills_the_older_ones(alone: Portal) -> None:
    person = alone.a_person()
    older, newest = person.ask_for_reset(1), person.ask_for_reset(2)
    assert person.reset(FRESH, newest).status_code == 200
    assert person.reset("yet another quiet harbour 44", older).status_code == 400


@pytest.mark.row("OL3")
def test_confirming_kills_the_other_confirm_links_and_no_reset_link(alone: Portal) -> None:
    person = alone.a_person()
    first = alone.letters.hash(person.email, "Confirm email", 1)
    assert person.device.post("/auth/email/resend").status_code == 202
    second = alone.letters.hash(person.email, "Confirm email", 2)
    reset = person.ask_for_reset()
    assert person.device.post("/auth/email/confirm", {"hash": second}).status_code == 200
    assert person.device.post("/auth/email/confirm", {"hash": first}).status_code == 400
    assert person.reset(FRESH, reset).status_code == 200


@pytest.mark.row("OL6")
@pytest.mark.timeout(3600)
def test_link_tokens_cannot_be_guessed(alone: Portal) -> None:
    person = alone.a_person()
    for start in range(0, TOKENS, PER_VOLLEY):
        count = min(PER_VOLLEY, TOKENS - start)
        asks = [Ask("POST", "/auth/forgot/password", {}, {"email": person.email})] * count
        assert {answer.status for answer in at_once([alone.url], asks)} == {200}
    alone.letters.wait(person.email, "Reset password", TOKENS)
    tokens = [link_hash(letter) for letter in alone.letters.all(person.email, "Reset password")]
    assert len(set(tokens)) == TOKENS
    prefix = "aplk_" if all(token.startswith("aplk_") for token in tokens) else ""
    secrets = [token.removeprefix(prefix) for token in tokens]
    runs: set[str] = set()
    for secret in secrets:
        own = {secret[at : at + SHARED_RUN] for at in range(len(secret) - SHARED_RUN + 1)}
        assert not own & runs, "two tokens have a stretch in common"
        runs |= own
    raw = [decode(secret) for secret in secrets]
    assert min(map(len, raw)) * 8 >= 128
    bits = sum(map(len, raw)) * 8
    ones = sum(byte.bit_count() for one in raw for byte in one)
    assert abs(ones - bits / 2) < 6 * (bits / 4) ** 0.5, "as many ones as zeros, within six sigma"


@pytest.mark.row("OL14")
def test_an_operator_is_no_value(portal: Portal) -> None:
    person = portal.a_person(confirmed=True)
    person.ask_for_reset()
    device = portal.device()
    for value in OPERATORS:
        for path, body in with_operator(person, value):
            answer = device.post(path, body)
            assert answer.status_code == 400, f"{path} {body}: {answer.text}"
            assert answer.json()["errors"], f"{path} {body}: {answer.text}"
    assert person.device.signed_in()
    assert portal.device().login(person.email, person.password).status_code == 200


def with_operator(person: Person, value: object) -> list[tuple[str, dict[str, object]]]:
    """Requests in which one value is something else than a text."""
    return [
        ("/auth/reset/password", {"hash": value, "password": FRESH}),
        ("/auth/reset/password", {"hash": "A" * 43, "password": value}),
        ("/auth/email/confirm", {"hash": value}),
        ("/auth/not-me", {"hash": value}),
        ("/auth/login", {"email": value, "password": person.password}),
        ("/auth/login", {"email": person.email, "password": value}),
        ("/auth/forgot/password", {"email": value}),
        ("/auth/social/exchange", {"code": value}),
        ("/auth/register", {"firstName": "A", "lastName": "B", "email": value, "password": FRESH}),
    ]


@pytest.mark.row("OL14")
def test_operators_of_forms_and_of_query_strings_are_none_either(alone: Portal) -> None:
    person = alone.a_person()
    token = person.ask_for_reset()
    before = contents(alone)["accounts"]
    for body in ("hash[$ne]=&password=" + FRESH, f"hash={token}&password={FRESH}", "hash[]=a"):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = ask.post(f"{alone.api}/auth/reset/password", content=body, headers=headers, verify=False)
        assert answer.status_code == 415
    in_query = f"{alone.api}/auth/reset/password?hash={token}&password={FRESH}"
    assert ask.post(in_query, verify=False).status_code == 400
    named = {"hash[$ne]": "", "hash.$ne": "", "$where": "1", "password": FRESH}
    assert person.device.post("/auth/reset/password", named).status_code == 400
    assert person.device.get("/auth/sessions", params={"id[$ne]": ""}).status_code == 200
    for odd in ("%7B%22$gt%22:%22%22%7D", "$ne", "[$ne]", "%00", "..%2f..", "' OR 1=1"):
        answer = person.device.send("DELETE", f"/auth/sessions/{odd}")
        assert answer.status_code == 404, f"{odd}: {answer.text}"
    assert contents(alone)["accounts"] == before
    assert person.reset(FRESH, token).status_code == 200
