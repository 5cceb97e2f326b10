"""Comparing answers: two causes look the same when everything that a client can see is equal."""

import httpx

from tests.rig.server import Portal

PASSING = {"date", "x-request-id"}  # differ from answer to answer, whatever the cause
Seen = tuple[int, tuple[tuple[str, str], ...], bytes]


def seen(answer: httpx.Response) -> Seen:
    """Status, headers and body, without what passes."""
    headers = sorted((name, value) for name, value in answer.headers.multi_items() if name not in PASSING)
    return answer.status_code, tuple(headers), answer.content


def the_401(answer: httpx.Response) -> None:
    """The one answer to every credential that is worth nothing (SECURITY.md, 401*)."""
    assert answer.status_code == httpx.codes.UNAUTHORIZED, answer.text
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["message"] == "Unauthorized"
    assert set(answer.json()) == {"type", "title", "status", "detail", "code", "statusCode", "message"}


def me(portal: Portal, token: str) -> httpx.Response:
    """ME with that token, on a connection of its own."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{portal.api}/auth/me", headers=headers, timeout=60, verify=False)


def worth_nothing(portal: Portal, *tokens: str) -> None:
    """As an access token each is answered the one 401, letter by letter the same."""
    answers = [me(portal, token) for token in tokens]
    for number, answer in enumerate(answers):
        assert answer.status_code == httpx.codes.UNAUTHORIZED, f"token {number}: {answer.text}"
        the_401(answer)
    assert len({seen(answer) for answer in answers}) == 1
