"""What is no body of ours (IN2, IN3, IN5, IN7, IN11): depth, NUL, kinds, types, fields too many."""

import json

import httpx
import pytest

from tests.rig import ask
from tests.rig.meter import hashes
from tests.rig.person import PASSWORD, Person
from tests.rig.server import Portal

JSON = {"Content-Type": "application/json"}
FIELDS = {
    "/auth/register": {"firstName": "A", "lastName": "B", "email": "new@example.com", "password": PASSWORD},
    "/auth/login": {"email": "ada@example.com", "password": PASSWORD},
    "/auth/refresh": {"refreshToken": "x"},
    "/auth/info-session": {"refreshToken": "x"},
    "/auth/logout": {"refreshToken": "x"},
    "/auth/email/confirm": {"hash": "x"},
    "/auth/not-me": {"hash": "x"},
    "/auth/forgot/password": {"email": "ada@example.com"},
    "/auth/reset/password": {"hash": "x", "password": PASSWORD},
    "/auth/social/exchange": {"code": "x", "codeVerifier": "y"},
}
OTHER_TYPES: list[object] = [{}, {"a": "b"}, [], ["a"], True, False, 0, 1, -1.5, 10**40]


def raw(portal: Portal, path: str, body: bytes, **headers: str) -> httpx.Response:
    """A body as it stands."""
    return ask.post(f"{portal.api}{path}", content=body, headers=headers or JSON, timeout=60, verify=False)


@pytest.mark.row("IN2")
@pytest.mark.parametrize(
    ("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}"), (b"[", b""), (b'[{"a":', b"")]
)
def test_a_deep_body_is_malformed(alone: Portal, opening: bytes, closing: bytes) -> None:
    """Python's json raises RecursionError there, which is no ValueError."""
    depth = 10_000  # 100,000 do not fit into the largest body
    for path in FIELDS:
        deep = opening * depth + (b"1" if closing else b"") + closing * depth
        for body in (deep, b'{"email": ' + deep + b"}"):
            assert raw(alone, path, body).status_code in {400, 413}
    too_large = b"[" * 100_000 + b"]" * 100_000
    assert raw(alone, "/auth/login", too_large).status_code in {400, 413}
    assert alone.ready()


@pytest.mark.row("IN3")
def test_a_nul_in_any_text_is_refused(portal: Portal) -> None:
    device = portal.device()
    for path, fields in FIELDS.items():
        for name in fields:
            for text in ("\0", "a\0b", "ada@example.com\0", "\ud800"):
                body = json.dumps({**fields, name: text}).encode()
                answer = raw(portal, path, body)
                assert answer.status_code == 400, f"{path} {name}: {answer.text}"
                assert name in answer.json()["errors"]
            bare = json.dumps(fields).encode().replace(b'"' + str(fields[name]).encode(), b'"\0', 1)
            assert raw(portal, path, bare).status_code == 400
    assert raw(portal, "/auth/login", json.dumps({"a\0": 1}).encode()).status_code == 400
    person = portal.a_person()
    for path in ("/auth/events?before=%00", "/auth/sessions/%00", "/auth/%00", "/auth/me%00"):
        assert person.device.get(path).status_code in {400, 404, 405}
    assert (
        device.get("/auth/config", headers={"Cookie": "refreshToken=%00", "User-Agent": "a%00"}).status_code
        == 200
    )


@pytest.mark.row("IN5")
def test_what_is_no_json_object_is_malformed(alone: Portal) -> None:
    kinds = [
        b"[]",
        b"1",
        b"null",
        b'"x"',
        b"true",
        b"{",
        b"{}{}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
    ]
    kinds += [
        b'{"email": "a", "email": "b"}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b"\xff",
        b" ",
        b"// {}\n{}",
    ]
    kinds += [
        b'{"a": 1,}',
        b'{"a": 0x10}',
        b"<a/>",
        b'{"a": "\xff"}',
        b'{"a": "\n"}',
        b"{" + b'"a":1,' * 1000 + b"}",
    ]
    for path in FIELDS:
        for body in kinds:
            answer = raw(alone, path, body)
            assert answer.status_code == 400, f"{path} {body[:40]!r}: {answer.text}"
            assert answer.json()["code"] == "malformed_body"


@pytest.mark.row("IN5")
def test_other_kinds_of_bodies_are_not_read(alone: Portal) -> None:
    """CVE-2024-47874, CVE-2026-54283: forms and their million fields are never parsed at all."""
    form = b"a=b&" * 200_000
    parts = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 100 + b"--x--\r\n"
    for path, fields in FIELDS.items():
        whole = json.dumps(fields).encode()
        kinds = [
            "",
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "application/json5",
        ]
        for kind in kinds:
            assert raw(alone, path, whole, **{"Content-Type": kind}).status_code == 415, f"{path} {kind}"
        assert (
            raw(alone, path, parts, **{"Content-Type": "multipart/form-data; boundary=x"}).status_code == 415
        )
        assert (
            raw(alone, path, form, **{"Content-Type": "application/x-www-form-urlencoded"}).status_code == 413
        )
        packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        assert raw(alone, path, whole, **packed).status_code == 415
        assert raw(alone, path, b"", **{"Content-Type": "text/plain"}).status_code in {400, 401}
    person = alone.a_person()
    answer = raw(
        alone,
        "/auth/login",
        json.dumps({"email": person.email, "password": person.password}).encode(),
        **{"Content-Type": "Application/JSON; charset=utf-8"},
    )
    assert answer.status_code == 200


@pytest.mark.row("IN7")
@pytest.mark.parametrize("path", FIELDS)
def test_another_type_in_any_field_names_the_field(alone: Portal, path: str) -> None:
    before = hashes(alone)
    for name in FIELDS[path]:
        for value in OTHER_TYPES:
            answer = alone.device().post(path, {**FIELDS[path], name: value})
            assert answer.status_code == 400, f"{name} {value}: {answer.text}"
            assert name in answer.json()["errors"], f"{name} {value}: {answer.text}"
    answer = raw(alone, path, json.dumps(dict.fromkeys(FIELDS[path], 1)).encode())
    assert set(answer.json()["errors"]) == set(FIELDS[path]), "every fault at once"
    assert hashes(alone) == before


@pytest.mark.row("IN7")
def test_another_type_in_the_fields_of_the_signed_in(alone: Portal) -> None:
    person = alone.a_person()
    before = person.device.me().json()
    asked = [("PATCH", "/auth/me", name) for name in ("firstName", "lastName", "locale")]
    asked += [("PUT", "/auth/me/password", "password"), ("PUT", "/auth/me/password", "currentPassword")]
    asked += [("PUT", "/auth/me/email", "email"), ("DELETE", "/auth/me", "currentPassword")]
    for method, path, name in asked:
        for value in OTHER_TYPES:
            answer = person.device.send(method, path, {name: value})
            assert answer.status_code == 400, f"{method} {path} {name} {value}: {answer.text}"
    for query in ("limit=x", "limit=-1", "limit=0", "limit=1e9", "limit=99999999999999999999", "before='"):
        answer = person.device.get(f"/auth/events?{query}")
        assert answer.status_code in {200, 400}
        assert answer.status_code == 400 or "before" in query
    assert person.device.me().json() == before


EXTRA: dict[str, object] = {
    "id": "0190f5b0-0000-7000-8000-000000000000",
    "userId": "0190f5b0-0000-7000-8000-000000000000",
    "accountId": "x",
    "account_id": "x",
    "sub": "x",
    "status": 1,
    "role": "admin",
    "roles": ["admin"],
    "isAdmin": True,
    "emailVerified": True,
    "email_confirmed_at": 1,
    "epoch": 99,
    "failures": -1000,
    "hasPassword": False,
    "socialType": "google",
    "createdAt": "1970-01-01T00:00:00.000Z",
    "password_hash": "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAA",
    "__proto__": {"admin": True},
    "constructor": {},
}


@pytest.mark.row("IN11")
def test_fields_too_many_change_nothing(portal: Portal) -> None:
    """CVE-2025-61928: the body's `userId` replaced the session's."""
    victim = portal.a_person()
    extra = {**EXTRA, "userId": victim.id, "accountId": victim.id, "id": victim.id}
    body = {
        "firstName": "Eve",
        "lastName": "L",
        "email": f"eve-{victim.email}",
        "password": PASSWORD,
        **extra,
    }
    eve = portal.device()
    assert eve.keep(eve.post("/auth/register", body)).status_code == 201
    said = eve.me().json()
    assert said["id"] != victim.id
    assert (said["status"], said["emailVerified"], said["hasPassword"]) == (2, False, True)
    assert not {"role", "roles", "isAdmin", "socialType", "epoch"} & set(said)
    assert (
        eve.send("PATCH", "/auth/me", {"firstName": "Mallory", "email": "x@example.com", **extra}).status_code
        == 200
    )
    changed = {"currentPassword": PASSWORD, "password": "another quiet harbour 43", **extra}
    assert eve.send("PUT", "/auth/me/password", changed).status_code == 200
    assert eve.me().json() == {**said, "firstName": "Mallory", **moments(eve.me().json())}
    untouched(portal, victim)


def moments(said: dict[str, str]) -> dict[str, str]:
    """The instants that a change moves."""
    return {name: said[name] for name in ("updatedAt", "lastPasswordChange") if name in said}


def untouched(portal: Portal, person: Person) -> None:
    """Name, password and session are what they were."""
    assert person.device.me().json()["firstName"] == "Ada"
    assert person.device.signed_in()
    assert portal.device().login(person.email, person.password).status_code == 200
