"""Where one may land afterwards: the list, and every spelling that has fooled somebody."""

import pytest

from auth_portal.core.refusal import Refusal
from auth_portal.social.return_to import checked

ALLOWED = ("/app", "/team/*", "https://ok.example", "http://localhost:3000")


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_asked_is_nothing_given(nothing: str | None) -> None:
    assert checked(nothing, ALLOWED) == ""


@pytest.mark.parametrize(
    "asked",
    [
        "/app",
        "/app?tab=2&x=a+b",
        "/app#top",
        "/team",
        "/team/red/",
        "/team/red.v2",
        "https://ok.example",
        "https://ok.example/",
        "https://ok.example/a/b?c=d#e",
        "http://localhost:3000/x",
    ],
)
def test_what_is_on_the_list_is_given_back_as_it_is(asked: str) -> None:
    assert checked(asked, ALLOWED) == asked


@pytest.mark.row("SO12")
@pytest.mark.parametrize(
    "asked",
    [
        "//evil.example",
        "///evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "/app\\evil",
        "https://ok.example@evil.example",
        "https://ok.example:443@evil.example/",
        "https://ok.example.evil.example",
        "https://ok.example:8443/",
        "https://ok.exampleevil",
        "http://ok.example/",
        "HTTPS://OK.EXAMPLE/",
        "https://evil.example",
        "https:ok.example",
        "https:///ok.example",
        "ok.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/app\r\nLocation: https://evil.example",
        "/app%0d%0aSet-Cookie:a=b",
        "/team/..;/admin",
        "/team/../admin",
        "/team/./x",
        "/team/%2e%2e/admin",
        "/team//evil.example",
        "/app//evil.example",
        "/application",
        "/app/below",
        "/team\tx",
        " /app",
        "/app ",
        "/app\x00",
        "/\u2044evil.example",
        "https://ok.example/\u3002evil",
        "https://ok.example//evil.example",
        "https://ok.example\\@evil.example",
        "https://ok.example/?next=https://evil.example",
        "/team/" + "x" * 600,
    ],
)
def test_anything_else_is_refused(asked: str) -> None:
    with pytest.raises(Refusal) as caught:
        checked(asked, ALLOWED)
    assert caught.value.refused.code == "return_to_refused"


def test_an_empty_list_allows_nothing() -> None:
    with pytest.raises(Refusal):
        checked("/", ())
