"""The decision table of docs/flows/social.md, row by row; a row without a test fails."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from auth_portal.accounts.account import Account
from auth_portal.social.linking import (
    Create,
    Decision,
    Facts,
    Known,
    Link,
    Refuse,
    TakeOver,
    chosen_address,
    decide,
    decide_linking,
)
from auth_portal.social.provider import Profile, ProvedEmail
from auth_portal.social.refusals import EMAIL_UNVERIFIED, IDENTITY_TAKEN, LINK_FIRST

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "flows" / "social.md"
ADDRESS = "ada@example.com"


def an_account(ident: str = "a", *, confirmed: bool = True, disabled: bool = False) -> Account:
    """Somebody."""
    return Account(
        ident,
        ADDRESS,
        "Ada",
        "Lovelace",
        NOW,
        NOW,
        email_confirmed_at=NOW if confirmed else None,
        disabled_at=NOW if disabled else None,
    )


ADA, OTHER = an_account(), an_account("other")
SQUATTED = an_account(confirmed=False)
DISABLED = an_account(disabled=True)

ROWS: dict[str, list[tuple[Facts, Decision]]] = {
    "L1": [
        (Facts(None, ADA), Known(ADA)),
        (Facts(ADDRESS, ADA), Known(ADA)),
        (Facts("changed@example.com", ADA, OTHER), Known(ADA)),
        (Facts(ADDRESS, SQUATTED, OTHER, holder_knows_provider=True), Known(SQUATTED)),
    ],
    "L2": [(Facts(ADDRESS, DISABLED), Refuse(LINK_FIRST)), (Facts(None, DISABLED), Refuse(LINK_FIRST))],
    "L3": [(Facts(None), Refuse(EMAIL_UNVERIFIED)), (Facts(None, None, ADA), Refuse(EMAIL_UNVERIFIED))],
    "L4": [(Facts(ADDRESS), Create(ADDRESS))],
    "L5": [
        (Facts(ADDRESS, None, DISABLED), Refuse(LINK_FIRST)),
        (Facts(ADDRESS, None, replace(DISABLED, email_confirmed_at=None)), Refuse(LINK_FIRST)),
    ],
    "L6": [
        (Facts(ADDRESS, None, SQUATTED), TakeOver(SQUATTED, ADDRESS)),
        (Facts(ADDRESS, None, SQUATTED, holder_knows_provider=True), TakeOver(SQUATTED, ADDRESS)),
    ],
    "L7": [(Facts(ADDRESS, None, ADA, holder_knows_provider=True), Refuse(LINK_FIRST))],
    "L8": [(Facts(ADDRESS, None, ADA), Link(ADA))],
}
LINKING: dict[str, list[tuple[Account | None, Decision]]] = {
    "M1": [(None, Link(ADA))],
    "M2": [(ADA, Known(ADA))],
    "M3": [(OTHER, Refuse(IDENTITY_TAKEN))],
}


@pytest.mark.parametrize("row", sorted(ROWS))
def test_a_row_of_the_table_is_decided_as_it_says(row: str) -> None:
    for facts, decision in ROWS[row]:
        assert decide(facts) == decision


@pytest.mark.parametrize("row", sorted(LINKING))
def test_a_row_of_the_linking_table_is_decided_as_it_says(row: str) -> None:
    for known, decision in LINKING[row]:
        assert decide_linking(ADA, known) == decision


def test_every_row_of_the_page_has_its_test() -> None:
    told = set(re.findall(r"^\| ([LM]\d+) \|", PAGE.read_text(), re.MULTILINE))
    assert told == {*ROWS, *LINKING}


def emails(*told: tuple[str, bool, bool]) -> Profile:
    """A profile with (address, verified, primary) each; noreply addresses are private."""
    return Profile(
        "1", tuple(ProvedEmail(one, verified, primary, "noreply" in one) for one, verified, primary in told)
    )


@pytest.mark.parametrize(
    ("profile", "chosen"),
    [
        (emails(), None),
        (emails(("a@x.example", False, True)), None),
        (emails(("a@x.example", True, True), ("b@x.example", True, False)), "a@x.example"),
        (emails(("b@x.example", True, False), ("a@x.example", True, True)), "a@x.example"),
        (emails(("a@x.example", False, True), ("b@x.example", True, False)), "b@x.example"),
        (emails(("1+a@users.noreply.github.com", True, True)), None),
        (emails(("1+a@users.noreply.github.com", True, True), ("b@x.example", True, False)), "b@x.example"),
    ],
)
def test_only_a_verified_and_public_address_names_a_person(profile: Profile, chosen: str | None) -> None:
    assert chosen_address(profile) == chosen
