"""What devices are called in the list of sessions, and that nothing strange gets into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_portal.sessions.device_name import MOST_CHARACTERS, UNKNOWN, device_name

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "CPU iPhone OS 17_5 like Mac OS X"
MAC = "Macintosh; Intel Mac OS X 10_15_7"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox on Ubuntu",
        ),
        (f"Mozilla/5.0 ({MAC}) {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome on macOS"),
        (f"Mozilla/5.0 ({MAC}) {APPLE} Version/17.5 Safari/605.1.15", "Safari on macOS"),
        (
            f"Mozilla/5.0 (iPhone; {IPHONE}) {APPLE} Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {APPLE} CriOS/126.0.0.0 Mobile/15E148",
            "Chrome on iPad",
        ),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0 Edg/126.0.0.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/126.0.0.0 Mobile", "Chrome on Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0", "Chrome on ChromeOS"),
        ("curl/8.5.0", "curl"),
        ("okhttp/4.12.0", "Mobile app (OkHttp)"),
        ("Dart/3.4 (dart:io)", "Mobile app (Dart)"),
        ("axios/1.7.2", "Node.js (axios)"),
        ("node", "Node.js"),
        ("python-httpx/0.28.1", "Python program (httpx)"),
        ("PostmanRuntime/7.39.0", "Postman"),
        ("MyApp/3.1 CFNetwork/1494.0.7 Darwin/23.4.0", "MyApp on iOS"),
        ("MyApp/1.0", "MyApp"),
        ("", UNKNOWN),
        ("Mozilla/5.0", UNKNOWN),
        ("<script>alert(1)</script>", UNKNOWN),
        ("A" * 100_000, UNKNOWN),
    ],
)
def test_what_a_device_is_called(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


@given(st.text(max_size=600))
def test_a_name_is_always_short_and_printable(user_agent: str) -> None:
    name = device_name(user_agent)
    assert 0 < len(name) <= MOST_CHARACTERS
    assert name.isprintable()
