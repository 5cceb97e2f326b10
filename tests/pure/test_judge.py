"""judge() and next_burst(): a table of facts and verdicts, then any history that hypothesis thinks of."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from auth_portal.accounts.account import Account
from auth_portal.sessions.session import RACE, Session, SessionRules, Verdict, judge, next_burst
from tests.pure.builders import START, a_session, an_account

RULES = SessionRules()
OFF = SessionRules(grace=timedelta(0))
SECOND = timedelta(seconds=1)
G = RULES.grace


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def rotated(session: Session, now: datetime, rules: SessionRules = RULES) -> Session:
    burst_from, burst_at = next_burst(session, now, rules)
    return replace(
        session, generation=session.generation + 1, burst_from=burst_from, burst_at=burst_at, rotated_at=now
    )


ONCE = rotated(a_session(), START)
TWICE = rotated(rotated(a_session(), START), START + seconds(20))


@pytest.mark.parametrize(
    ("session", "account", "generation", "after", "verdict"),
    [
        (a_session(), an_account(), 0, 0, Verdict.ROTATE),
        (a_session(), an_account(), 1, 0, Verdict.AHEAD),
        (a_session(ended_at=START), an_account(), 0, 0, Verdict.ENDED),
        (a_session(ended_at=START), an_account(), 7, 0, Verdict.ENDED),
        (a_session(), an_account(epoch=1), 0, 0, Verdict.ENDED),
        (a_session(epoch=1), an_account(), 0, 0, Verdict.ENDED),
        (a_session(), an_account(disabled_at=START), 0, 0, Verdict.ENDED),
        (a_session(), an_account(deleted_at=START), 0, 0, Verdict.ENDED),
        (a_session(), an_account(), 0, RULES.idle.total_seconds(), Verdict.ROTATE),
        (a_session(), an_account(), 0, RULES.idle.total_seconds() + 1, Verdict.ENDED),
        (a_session(created_at=START - RULES.absolute), an_account(), 0, 0, Verdict.ROTATE),
        (a_session(created_at=START - RULES.absolute), an_account(), 0, 1, Verdict.ENDED),
        (ONCE, an_account(), 1, 0, Verdict.ROTATE),
        (ONCE, an_account(), 0, 0, Verdict.REPLAY),
        (ONCE, an_account(), 0, 30, Verdict.REPLAY),
        (ONCE, an_account(), 0, 31, Verdict.REUSED),
        (TWICE, an_account(), 0, 30, Verdict.REPLAY),
        (TWICE, an_account(), 1, 30, Verdict.REPLAY),
        (TWICE, an_account(), 0, 31, Verdict.REUSED),
        (TWICE, an_account(), 1, 31, Verdict.REUSED),
        (TWICE, an_account(), 2, 31, Verdict.ROTATE),
        (TWICE, an_account(), 3, 31, Verdict.AHEAD),
    ],
)
def test_the_table(
    session: Session, account: Account, generation: int, after: float, verdict: Verdict
) -> None:
    assert judge(session, account, generation, START + seconds(after), RULES) is verdict


def test_a_race_at_the_very_end_of_a_burst_signs_nobody_out() -> None:
    late = rotated(ONCE, START + G)  # the last instant of the burst that ONCE began
    assert late.burst_at == START
    just_after = START + G + seconds(0.001)
    assert judge(late, an_account(), 1, just_after, RULES) is Verdict.REPLAY
    assert judge(late, an_account(), 0, just_after, RULES) is Verdict.REUSED
    assert judge(late, an_account(), 1, START + G + RACE + seconds(0.001), RULES) is Verdict.REUSED


def test_no_grace_forgives_nothing() -> None:
    once = rotated(a_session(), START, OFF)
    assert judge(once, an_account(), 0, START, OFF) is Verdict.REUSED
    assert judge(once, an_account(), 1, START, OFF) is Verdict.ROTATE


def test_a_burst_begins_anew_after_a_quiet_grace_and_not_before() -> None:
    assert next_burst(a_session(), START + SECOND, RULES) == (0, START + SECOND)
    assert next_burst(ONCE, START + G, RULES) == (0, START)
    assert next_burst(ONCE, START + G + SECOND, RULES) == (1, START + G + SECOND)


pauses = st.lists(st.integers(0, 90_000).map(lambda count: timedelta(milliseconds=count)), max_size=12)
graces = st.sampled_from([timedelta(0), SECOND, seconds(30), seconds(60)])


def history(pauses_between: list[timedelta], rules: SessionRules) -> tuple[Session, datetime, list[datetime]]:
    """The session after rotations with these pauses before each, and when each generation was replaced."""
    session, now, replaced_at = a_session(), START, []
    for pause in pauses_between:
        now += pause
        session = rotated(session, now, rules)
        replaced_at.append(now)
    return session, now, replaced_at


@given(pauses, graces, st.integers(0, 90_000))
def test_a_token_that_was_replaced_longer_ago_than_the_grace_always_closes_the_family(
    between: list[timedelta], grace: timedelta, wait: int
) -> None:
    rules = SessionRules(grace=grace)
    session, now, replaced_at = history(between, rules)
    now += timedelta(milliseconds=wait)
    for generation, instant in enumerate(replaced_at):
        verdict = judge(session, an_account(), generation, now, rules)
        if now - instant > grace:
            assert verdict is Verdict.REUSED
        else:
            assert verdict in {Verdict.REPLAY, Verdict.REUSED}


@given(pauses, graces, st.integers(0, 90_000))
def test_every_token_of_a_burst_that_began_within_the_grace_is_replayed(
    between: list[timedelta], grace: timedelta, wait: int
) -> None:
    rules = SessionRules(grace=grace)
    session, now, replaced_at = history(between, rules)
    now += timedelta(milliseconds=wait)
    in_burst = grace > timedelta(0) and now - session.burst_at <= grace
    for generation in range(session.burst_from, len(replaced_at)):
        if in_burst:
            assert judge(session, an_account(), generation, now, rules) is Verdict.REPLAY


@given(pauses, graces)
def test_the_current_token_always_rotates_and_a_newer_one_is_always_ahead(
    between: list[timedelta], grace: timedelta
) -> None:
    rules = SessionRules(grace=grace)
    session, now, replaced_at = history(between, rules)
    assert judge(session, an_account(), len(replaced_at), now, rules) is Verdict.ROTATE
    assert judge(session, an_account(), len(replaced_at) + 1, now, rules) is Verdict.AHEAD


@given(pauses, graces)
def test_a_burst_never_begins_in_the_future_nor_at_a_generation_that_is_not_replaced(
    between: list[timedelta], grace: timedelta
) -> None:
    session, now, replaced_at = history(between, SessionRules(grace=grace))
    assert session.burst_at <= now
    assert session.burst_from <= len(replaced_at)
    if replaced_at:
        assert session.burst_at == replaced_at[session.burst_from]
