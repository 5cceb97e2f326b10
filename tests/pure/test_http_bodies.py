"""Bodies: what is JSON, what is not, and every fault told at once in the contract's words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_portal.core.refusal import Refusal
from auth_portal.http import bodies
from auth_portal.http.body import parse
from auth_portal.http.form import Form
from auth_portal.http.refusals import MALFORMED_BODY, HttpRefusal

BODIES = [value for value in vars(bodies).values() if isinstance(value, bodies.Body)]


def faults(body: bodies.Body, fields: dict[str, Any]) -> dict[str, list[str]]:
    """What is wrong with these fields."""
    form = Form(fields, 8, 256)
    body.check(form)
    try:
        form.settle()
    except Refusal as refusal:
        return refusal.errors
    return {}


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"1",
        b"null",
        b'"text"',
        b"{",
        b"",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 2}}',
        b'{"a": "raw \x00"}',
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_refused_as_malformed(raw: bytes) -> None:
    with pytest.raises(HttpRefusal) as refused:
        parse(raw)
    assert refused.value.fault is MALFORMED_BODY


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udfff"])
@pytest.mark.parametrize("body", ['{"hash": "a%sb"}', '{"hash": [{"deep": "a%sb"}]}', '{"other": "%s"}'])
def test_text_that_nobody_can_keep_is_refused_wherever_it_stands(escape: str, body: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse((body % escape).encode())
    assert set(refused.value.errors) <= {"hash", "other"}


def test_escaped_backslashes_and_pairs_of_surrogates_are_text() -> None:
    assert parse(b'{"a": "\\\\u0000", "b": "\\ud83d\\ude00"}') == {"a": "\\u0000", "b": "\U0001f600"}


@given(st.binary(max_size=200))
def test_parsing_raises_nothing_but_refusals(raw: bytes) -> None:
    try:
        assert isinstance(parse(raw), dict)
    except (HttpRefusal, Refusal):
        return


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.shape.__name__)
@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, {"$gt": ""}, ["a@example.com"]])
def test_a_value_of_another_type_is_a_fault_of_its_field(body: bodies.Body, value: object) -> None:
    names = [
        bodies.msgspec.structs.fields(body.shape)[i].encode_name
        for i in range(len(body.shape.__struct_fields__))
    ]
    assert set(faults(body, dict.fromkeys(names, value))) == set(names)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.shape.__name__)
@given(values=st.lists(json_values, min_size=6, max_size=6))
def test_checking_never_raises_and_every_fault_names_a_field(body: bodies.Body, values: list[object]) -> None:
    names = [field.encode_name for field in bodies.msgspec.structs.fields(body.shape)]
    fields = json.loads(json.dumps(dict(zip(names, values, strict=False))))
    assert set(faults(body, fields)) <= set(names)


def test_every_fault_of_a_sign_up_is_told_at_once() -> None:
    assert faults(bodies.REGISTER, {"email": "no address", "firstName": 1, "password": "short"}) == {
        "firstName": ["firstName must be a string"],
        "lastName": ["lastName should not be empty"],
        "email": ["email must be an email"],
        "password": ["password must be longer than or equal to 8 characters"],
    }


@pytest.mark.parametrize("name", ["a\r\nb", "a\0b", "a\x1bb", "a\u2028b", "x" * 101, "", "  ", "x" * 100_000])
def test_names_that_break_lines_or_bounds_are_refused(name: str) -> None:
    assert "firstName" in faults(bodies.PROFILE, {"firstName": name})


@pytest.mark.parametrize(
    "name", ["<b>Ada</b>", "{{7*7}}", "עדה", "\u202eada", "O'Neill", "José", "x" * 100, "👩‍🚀"]
)
def test_names_of_people_are_accepted(name: str) -> None:
    assert faults(bodies.PROFILE, {"firstName": name}) == {}


@pytest.mark.parametrize("body", [bodies.LOGIN, bodies.REGISTER, bodies.RESET])
@pytest.mark.parametrize("password", ["x" * 257, "x" * 10_000, "é" * 600, "\U0001f600" * 257])
def test_passwords_over_the_cap_never_reach_the_hasher(body: bodies.Body, password: str) -> None:
    assert faults(body, {"password": password})["password"] == [
        "password must be shorter than or equal to 256 characters"
    ]


def test_the_cap_counts_code_points_of_the_normal_form() -> None:
    decomposed = "e\u0301" * 256
    assert "password" not in faults(bodies.LOGIN, {"email": "a@example.com", "password": decomposed})


def test_signing_in_applies_no_policy_but_the_cap() -> None:
    assert faults(bodies.LOGIN, {"email": "a@example.com", "password": "x"}) == {}


def test_unknown_fields_are_ignored() -> None:
    assert faults(bodies.FORGOT, {"email": " A@Example.com ", "role": "admin", "status": {"a": [1]}}) == {}
