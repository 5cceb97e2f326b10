"""Where the refresh token is read: four ways, the explicit one first, the cookie only from our pages."""

import pytest

from auth_portal.core.refusal import UNAUTHORIZED, Refusal
from auth_portal.http.cookies import cookies_under
from auth_portal.http.origins import origins_of
from auth_portal.http.refresh_source import RefreshSource
from auth_portal.http.refusals import CROSS_SITE, TOKENS_DIFFER
from tests.pure.http_builders import ORIGIN, RULES, a_call

SOURCE = RefreshSource(cookies_under(RULES).refresh, origins_of(RULES.origins))
ONE, OTHER = "aprt_one", "aprt_other"
COOKIE = ("Cookie", f"__Host-refreshToken={ONE}")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([("refresh", ONE)], None),
        ([], ONE),
        ([("Authorization", f"Bearer {ONE}")], None),
        ([("Authorization", f"bearer {ONE}")], None),
        ([COOKIE], None),
        ([COOKIE, ("refresh", "")], ""),
        ([("refresh", ONE)], ONE),
        ([("refresh", ONE), ("Authorization", "Bearer access.token.there")], None),
        ([("refresh", ONE), ("Cookie", f"__Host-refreshToken={OTHER}")], None),
        (
            [
                ("refresh", ONE),
                ("Cookie", f"__Host-refreshToken={OTHER}"),
                ("Origin", "https://evil.example"),
            ],
            None,
        ),
    ],
)
def test_the_one_that_counts(headers: list[tuple[str, str]], said: str | None) -> None:
    assert SOURCE.required(a_call(headers), said) == ONE


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ([("refresh", ONE)], OTHER),
        ([("refresh", ONE), ("Authorization", f"Bearer {OTHER}")], None),
        ([("Authorization", f"Bearer {OTHER}")], ONE),
    ],
)
def test_two_that_differ_are_refused(headers: list[tuple[str, str]], said: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        SOURCE.required(a_call(headers), said)
    assert refused.value.refused is TOKENS_DIFFER


@pytest.mark.parametrize(
    "headers", [[], [("Authorization", "Bearer access.token.there")], [("refresh", " ")]]
)
def test_none_is_the_401(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Refusal) as refused:
        SOURCE.required(a_call(headers), None)
    assert refused.value.refused is UNAUTHORIZED


@pytest.mark.parametrize(
    "headers",
    [
        [("Origin", "https://evil.example")],
        [("Origin", "null")],
        [("Origin", ORIGIN + ".evil.example")],
        [("Origin", ORIGIN), ("Origin", "https://evil.example")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Origin", ORIGIN), ("Sec-Fetch-Site", "cross-site")],
        [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-site")],
    ],
)
def test_the_cookie_of_a_foreign_page_is_refused_and_never_brought_along(
    headers: list[tuple[str, str]],
) -> None:
    call = a_call([COOKIE, *headers])
    with pytest.raises(Refusal) as refused:
        SOURCE.required(call, None)
    assert refused.value.refused is CROSS_SITE
    assert SOURCE.brought(call) is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Origin", ORIGIN)],
        [("Origin", ORIGIN), ("Sec-Fetch-Site", "same-site")],
        [("Sec-Fetch-Site", "same-origin")],
        [("Sec-Fetch-Site", "none")],
    ],
)
def test_the_cookie_counts_from_pages_of_ours(headers: list[tuple[str, str]]) -> None:
    assert SOURCE.required(a_call([COOKIE, *headers]), None) == ONE


def test_signing_out_takes_what_was_sent_on_purpose_first() -> None:
    headers = [("Authorization", "Bearer access.token.there"), ("Cookie", f"__Host-refreshToken={OTHER}")]
    assert SOURCE.any_of_ours(a_call(headers), ONE) == [ONE, "access.token.there", OTHER]
    assert SOURCE.any_of_ours(a_call([]), None) == []
