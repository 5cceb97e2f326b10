"""The refresh token as a text: only what we wrote is read, letter by letter (RF14, TK10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_portal.core.refusal import UNAUTHORIZED, Refusal
from auth_portal.core.secrets import RootSecret, decode, encode
from auth_portal.sessions.refresh_token import CHARACTERS, PREFIX, RefreshTokens, is_shaped
from tests.pure.builders import SESSION_ID, keyring

TOKENS = RefreshTokens(keyring("refresh"))
TOKEN = TOKENS.write(SESSION_ID, 7)


def refused(token: str) -> None:
    with pytest.raises(Refusal) as refusal:
        TOKENS.read(token)
    assert refusal.value.refused is UNAUTHORIZED


def test_what_was_written_is_read() -> None:
    shown = TOKENS.read(TOKEN)
    assert (shown.session_id, shown.generation) == (SESSION_ID, 7)
    assert is_shaped(TOKEN)
    assert len(TOKEN) == CHARACTERS


def test_each_generation_has_its_own_token_and_always_the_same() -> None:
    assert TOKENS.write(SESSION_ID, 8) != TOKEN
    assert TOKENS.write(SESSION_ID, 7) == TOKEN


def test_the_largest_generation_is_not_reached_in_a_lifetime() -> None:
    most = 2**48 - 1
    assert TOKENS.read(TOKENS.write(SESSION_ID, most)).generation == most


def test_every_flip_of_a_bit_of_the_bytes_is_refused() -> None:
    raw = decode(TOKEN.removeprefix(PREFIX))
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        refused(PREFIX + encode(bytes(changed)))


def test_every_flip_of_a_bit_of_the_text_is_refused() -> None:
    for place, letter in enumerate(TOKEN):
        for bit in range(7):
            changed = chr(ord(letter) ^ 1 << bit)
            refused(TOKEN[:place] + changed + TOKEN[place + 1 :])


def test_every_truncation_is_refused() -> None:
    for length in range(len(TOKEN)):
        refused(TOKEN[:length])


@pytest.mark.parametrize(
    "token",
    [
        "",
        PREFIX,
        TOKEN + "=",
        TOKEN + "==",
        TOKEN + "A",
        TOKEN + " ",
        " " + TOKEN,
        TOKEN + "\n",
        TOKEN.upper(),
        TOKEN.removeprefix(PREFIX),
        PREFIX + "é" * (CHARACTERS - len(PREFIX)),
        PREFIX + "\ud800" * (CHARACTERS - len(PREFIX)),
        PREFIX + "A" * (CHARACTERS - len(PREFIX)),
        PREFIX + "A" * 1_000_000,
        "' OR 1=1 --",
    ],
)
def test_other_spellings_and_junk_are_refused(token: str) -> None:
    refused(token)


def test_the_spare_bits_of_the_last_letter_are_no_second_spelling() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in alphabet:
        if letter != TOKEN[-1]:
            refused(TOKEN[:-1] + letter)


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_the_refusal(text: str) -> None:
    refused(text)
    refused(PREFIX + text)


def test_another_root_secret_reads_nothing_and_a_previous_one_is_still_read() -> None:
    other = RootSecret(b"o" * 32)
    with pytest.raises(Refusal):
        RefreshTokens(other.keyring("refresh")).read(TOKEN)
    after_change = RootSecret(b"o" * 32, previous=(b"r" * 32,))
    assert RefreshTokens(after_change.keyring("refresh")).read(TOKEN).generation == 7


def test_a_key_of_another_purpose_reads_nothing() -> None:
    with pytest.raises(Refusal):
        RefreshTokens(keyring("links")).read(TOKEN)
