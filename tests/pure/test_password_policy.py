"""What a password may be (PW1 to PW9): length and lists, nothing about its composition."""

import pytest

from auth_portal.passwords.common_passwords import common_passwords
from auth_portal.passwords.policy import COMMON, OWN, Policy
from auth_portal.passwords.rules import PasswordRules

POLICY = Policy(PasswordRules())
TOO_SHORT = ["password must be longer than or equal to 8 characters"]
TOO_LONG = ["password must be shorter than or equal to 256 characters"]
NUL = ["password must not contain a NUL character"]


def listed() -> list[str]:
    """The list's entries that the default length admits."""
    return sorted(word for word in common_passwords() if len(word) >= 8)


def test_the_list_is_long_enough() -> None:
    assert len(listed()) > 3000


def test_every_listed_password_is_refused_in_any_case() -> None:
    for word in listed():
        assert COMMON in POLICY.faults(word), word
        assert COMMON in POLICY.faults(word.upper()), word


@pytest.mark.parametrize(
    "password",
    ["password1234", "Password1!", "PASSWORD", "sunshine123!", "!!football!!", "qwertyuiop", "12345678"],
)
def test_a_common_password_with_a_few_characters_around_it_is_no_better(password: str) -> None:
    assert COMMON in POLICY.faults(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "🦊🦊🦊🦊🐻🐻🐻🐻",
        "               x               ",
        "a quiet-morning 2031",
        "пароль длинный и свой",
        "x" * 256,
        "é" * 256,
        "😀" * 256,
        "Sunshine over Lisbon",
    ],
)
def test_long_enough_and_uncommon_is_good_whatever_it_is_made_of(password: str) -> None:
    assert POLICY.faults(password, ("ada", "Ada", "Lovelace")) == []


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("", TOO_SHORT),
        ("kxv qpz", TOO_SHORT),
        ("🦊🦊🦊🦊🦊🦊🦊", TOO_SHORT),
        ("e\u0301" * 7, TOO_SHORT),
        ("x" * 257, TOO_LONG),
        ("x" * 10_000, TOO_LONG),
        ("x" * 1_000_000, TOO_LONG),
        ("kxv\0qpz-mwt", NUL),
        ("kxvqpzmwt\ud800", ["password must be text"]),
    ],
)
def test_what_is_unfit_is_named(password: str, faults: list[str]) -> None:
    assert POLICY.faults(password) == faults


def test_the_limit_in_bytes_holds_for_letters_that_take_many() -> None:
    wide = Policy(PasswordRules(longest=1000))
    assert wide.faults("é" * 512) == []
    assert wide.faults("é" * 513) != []


def test_a_longer_least_length_is_kept_to_the_letter() -> None:
    strict = Policy(PasswordRules(shortest=15))
    assert strict.faults("kxv qpz mwt rb") == ["password must be longer than or equal to 15 characters"]
    assert strict.faults("kxv qpz mwt rbg") == []


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("augusta.king", ("augusta.king",)),
        ("AugustaKing", ("augusta.king",)),
        ("augusta-king-1815", ("augusta.king",)),
        ("lovelace1815", ("Ada", "Lovelace")),
        ("AUTHPORTAL", ()),
        ("auth portal!", ()),
        ("Auth-Portal 24", ()),
        ("m\u00fcllerin", ("Mu\u0308llerin",)),
    ],
)
def test_one_s_own_words_are_refused_however_they_are_spaced(password: str, words: tuple[str, ...]) -> None:
    assert OWN in POLICY.faults(password, words)


@pytest.mark.parametrize("password", ["ada likes long walks", "my lovelace engine", "kingfisher wades"])
def test_a_password_that_merely_contains_a_name_is_good(password: str) -> None:
    assert POLICY.faults(password, ("ada", "Ada", "Lovelace", "King", "")) == []


def test_signing_in_checks_nothing_but_the_shape() -> None:
    assert POLICY.shape_faults("secret") == []
    assert POLICY.shape_faults("") == []
    assert POLICY.shape_faults("x" * 257) == TOO_LONG
    assert POLICY.shape_faults("a\0b") == NUL


def test_two_spellings_of_one_text_are_one_password_and_nothing_else_is_touched() -> None:
    assert POLICY.normalise("cafe\u0301") == POLICY.normalise("caf\u00e9")
    assert POLICY.normalise("  Trim Me  ") == "  Trim Me  "
