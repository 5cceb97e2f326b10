"""Ways to write an address (IN9), and many who sign up with one at once (IN10)."""

from uuid import uuid4

import pytest

from tests.rig.crowd import Ask, at_once
from tests.rig.person import PASSWORD
from tests.rig.server import Portal

LOCAL = "l" * 64
REFUSED = [
    "a" * 65 + "@example.com",
    f"{LOCAL}@{'d' * 63}.{'d' * 63}.{'d' * 63}.example.com",
    "a@b@c.example",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "a@127.0.0.1",
    "a\uff20example.com",
    "a\ufe6bexample.com",
    "\uff41da@example.com",
    "a@example.com.",
    "a@.example.com",
    "a@example..com",
    "a@-example.com",
    "a@example",
    ".a@example.com",
    "a.@example.com",
    "a..b@example.com",
    '"a b"@example.com',
    '"a"@example.com',
    "a b@example.com",
    "a@exa mple.com",
    "a@example.com\r\nBcc: victim@example.com",
    "a\r\n@example.com",
    "a@example.com, victim@example.com",
    "a@example.com;victim@example.com",
    "victim@example.com <a@example.com>",
    "<a@example.com>",
    "mailto:a@example.com",
    "a\u200b@example.com",
    "a@exam\u00adple.com",
    "a%0d%0a@example.com\n.",
    "a\x7f@example.com",
    "a\x1b@example.com",
    "",
    " ",
    "@",
    "@example.com",
    "a@",
]
UNUSUAL = ["corp.local", "mail.test", "intranet.corp", "sub.sub.example.museum", "b\u00fccher.example"]
ASKED_AT_ONCE = 50


@pytest.mark.row("IN9")
def test_what_is_no_address_or_only_becomes_one_is_refused(alone: Portal) -> None:
    device = alone.device()
    for typed in REFUSED:
        body = {"firstName": "A", "lastName": "B", "email": typed, "password": PASSWORD}
        for path in ("/auth/register", "/auth/login", "/auth/forgot/password"):
            answer = device.post(path, body)
            assert answer.status_code == 400, f"{path} {typed!r}: {answer.text}"
            assert answer.json()["errors"]["email"] == "email must be an email", f"{path} {typed!r}"


@pytest.mark.row("IN9")
def test_private_networks_and_new_countries_have_addresses_too(alone: Portal) -> None:
    """Whether a letter gets there is the relay's business, as it was with the original."""
    for domain in UNUSUAL:
        mark = uuid4().hex[:8]
        body = {"firstName": "A", "lastName": "B", "email": f"a+{mark}@{domain}", "password": PASSWORD}
        assert alone.device().post("/auth/register", body).status_code == 201, domain


@pytest.mark.row("IN9")
def test_every_way_to_write_an_address_is_the_one_account(portal: Portal) -> None:
    mark = uuid4().hex[:8]
    person = portal.a_person(email=f"zo\u00eb.{mark}@b\u00fccher.example", firstName="Zoe")
    shown = person.device.me().json()["email"]
    assert shown == f"zo\u00eb.{mark}@xn--bcher-kva.example"
    forms = [
        f"ZO\u00cb.{mark}@B\u00dcCHER.EXAMPLE",
        f"  zo\u00eb.{mark.upper()}@xn--bcher-kva.example\t",
        f"zoe\u0308.{mark}@bu\u0308cher.example",
        f"Zo\u00eb.{mark}@XN--BCHER-KVA.example\n",
        f"zo\u00eb.{mark}@b\u00fccher\u3002example\u2028",
    ]
    for form in forms:
        device = portal.device()
        assert device.login(form, person.password).status_code == 200, form
        assert device.me().json()["email"] == shown
        body = {"firstName": "A", "lastName": "B", "email": form, "password": PASSWORD}
        assert device.post("/auth/register", body).json()["errors"]["email"] == "email Already Exists"
    kelvin = portal.a_person(email=f"kelvin.{mark}@example.com")
    device = portal.device()
    assert device.login(f"\u212aelvin.{mark}@example.com", kelvin.password).status_code == 200, (
        "NFC has it as K"
    )
    assert device.me().json()["id"] == kelvin.id
    other = portal.a_person(email=f"zoe.{mark}@b\u00fccher.example")
    assert other.id != person.id, "no folding to plain letters: CVE-2019-19844"
    plus = portal.a_person(email=f"zoe.{mark}+news@b\u00fccher.example")
    assert plus.id != other.id


@pytest.mark.row("IN9")
def test_a_letter_goes_to_the_stored_address_never_to_the_typed_one(alone: Portal) -> None:
    """CVE-2019-19844, CVE-2023-7028."""
    mark = uuid4().hex[:8]
    victim = alone.a_person(email=f"mike.{mark}@example.org")
    alone.letters.wait(victim.email)
    device = alone.device()
    for typed in (f"m\u0131ke.{mark}@example.org", f"mike.{mark}@\u00e9xample.org"):
        assert device.post("/auth/forgot/password", {"email": typed}).status_code == 200
    both = {"email": [victim.email, "evil@example.com"]}
    assert device.post("/auth/forgot/password", both).status_code == 400
    assert device.post("/auth/forgot/password", {"email": f" {victim.email.upper()} "}).status_code == 200
    letter = alone.letters.wait(victim.email, "Reset password")
    assert str(letter["To"]) == victim.email
    assert len(alone.letters.all(subject="Reset password", to=mark)) == 1


@pytest.mark.row("IN10")
def test_of_fifty_who_sign_up_with_one_address_one_does(portal: Portal) -> None:
    local = f"race-{uuid4().hex[:8]}"
    spellings = [f"{local}@example.com", f"{local.upper()}@Example.com", f" {local.title()}@EXAMPLE.COM "]
    asks = [
        Ask(
            "POST",
            "/auth/register",
            {},
            {
                "firstName": "A",
                "lastName": "B",
                "email": spellings[number % 3],
                "password": f"{PASSWORD} {number}",
            },
        )
        for number in range(ASKED_AT_ONCE)
    ]
    statuses = [answer.status for answer in at_once([portal.url], asks)]
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 400}
    winner = statuses.index(201)
    assert portal.device().login(spellings[0], f"{PASSWORD} {winner}").status_code == 200
    loser = f"{PASSWORD} {(winner + 1) % ASKED_AT_ONCE}"
    assert portal.device().login(spellings[0], loser).status_code == 400
