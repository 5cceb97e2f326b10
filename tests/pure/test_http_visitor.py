"""Who sent a request: forwarded headers count from trusted proxies only."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_portal.http import visitor
from auth_portal.http.visitor import Notice, Visitors, is_local, parse_address
from tests.pure.builders import HandClock, Heard
from tests.pure.http_builders import Counted, a_call

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


def visitors() -> tuple[Visitors, HandClock, Heard, Counted]:
    """With two trusted networks."""
    clock, heard, counted = HandClock(), Heard(), Counted()
    notice = Notice(clock, heard, counted.stranger_proxy)
    return Visitors(TRUSTED, notice, lambda cookie: cookie or None, "__Host-device"), clock, heard, counted


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db9::1]:4711", "2001:db9::1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("2001:db8::5", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_the_rightmost_hop_that_is_none_of_ours(peer: str, forwarded: str | None, seen: str) -> None:
    headers = [] if forwarded is None else [("X-Forwarded-For", forwarded)]
    assert visitors()[0].address(a_call(headers, peer=peer)) == seen


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_nothing_a_stranger_sends_changes_the_address(header: str) -> None:
    assert visitors()[0].address(a_call([(header, "198.51.100.1")])) == "203.0.113.9"


def test_an_unlisted_private_proxy_is_told_once_a_minute_and_counted_each_time() -> None:
    room, clock, heard, counted = visitors()
    call = a_call([("X-Forwarded-For", "198.51.100.1")], peer="192.168.1.1")
    for _ in range(3):
        assert room.address(call) == "192.168.1.1"
    assert (len(heard.lines), counted.strangers) == (1, 3)
    clock.move(seconds=61)
    room.address(call)
    assert (len(heard.lines), counted.strangers) == (2, 4)


def test_a_visitor_is_whole() -> None:
    headers = [("User-Agent", "Some\x7fthing \xff"), ("Cookie", "__Host-device=d"), ("Accept-Language", "de")]
    visitor = visitors()[0].of(a_call(headers, peer="2001:db9:1:2:3::4"))
    assert visitor.network == "2001:db9:1:2::/64"
    assert (visitor.device, visitor.languages, visitor.trace) == ("d", "de", "trace")
    assert visitor.user_agent.isprintable()


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    address = parse_address(text)
    assert address is None or parse_address(str(address)) == address


def test_local_means_this_machine_and_no_proxy() -> None:
    assert is_local(a_call(peer="127.0.0.1"))
    assert is_local(a_call(peer="::1"))
    assert not is_local(a_call([("X-Forwarded-For", "127.0.0.1")], peer="127.0.0.1"))
    assert not is_local(a_call([("Forwarded", "for=127.0.0.1")], peer="127.0.0.1"))
    for trace in ("Via", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port"):
        assert not is_local(a_call([(trace, "x")], peer="127.0.0.1")), trace
    assert not is_local(a_call(peer="10.0.0.1"))


def test_what_is_far_too_long_is_no_address_and_is_not_kept() -> None:
    before = visitor._parsed.cache_info().currsize
    assert parse_address("1" * 30_000) is None
    assert parse_address(" " * 30_000 + "192.0.2.1") is None
    assert visitor._parsed.cache_info().currsize == before
