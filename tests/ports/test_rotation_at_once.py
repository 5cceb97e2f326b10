"""`rotate`: one statement decides and writes exactly what `judge()` and `next_burst()` say."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from auth_portal.accounts.account import Account
from auth_portal.sessions.session import Session, SessionRules, Verdict, judge, next_burst
from auth_portal.storage.mongo.sessions import MongoSessions
from auth_portal.storage.stores import Stores
from tests.ports.builders import NOW, a_session, after, an_account, an_id

pytestmark = pytest.mark.anyio

GRACE, IDLE, ABSOLUTE = timedelta(seconds=30), timedelta(hours=2), timedelta(days=3)
INSTANT = timedelta(milliseconds=1)
RULES = SessionRules(grace=GRACE, idle=IDLE, absolute=ABSOLUTE)
RULES_WITHOUT_GRACE = SessionRules(grace=timedelta(0), idle=IDLE, absolute=ABSOLUTE)

ACCOUNTS: tuple[dict[str, Any], ...] = (
    {},
    {"epoch": 1},
    {"disabled_at": NOW},
    {"deleted_at": NOW},
)
TIMES: tuple[dict[str, Any], ...] = (
    {"ended_at": NOW, "end_reason": "signed_out"},
    *({"rotated_at": NOW - IDLE + late} for late in (-INSTANT, timedelta(0), INSTANT)),
    *({"created_at": NOW - ABSOLUTE + late} for late in (-INSTANT, timedelta(0), INSTANT)),
    *({"burst_at": NOW - GRACE + late} for late in (-INSTANT, timedelta(0), INSTANT)),
    {"burst_at": NOW},
    {"burst_at": after(seconds=1), "rotated_at": after(seconds=1)},  # another instance's clock is ahead
)


def cases() -> Iterator[tuple[Account, Session, int, SessionRules]]:
    """People, their sessions, the generation that is shown, the rules."""
    said = [(facts, {}) for facts in ACCOUNTS] + [({}, times) for times in TIMES]
    for (facts, times), generation, rules in product(said, (0, 5), (RULES, RULES_WITHOUT_GRACE)):
        account = an_account(**facts)
        plain = a_session(
            account,
            epoch=0,
            generation=generation,
            burst_from=max(0, generation - 2),
            created_at=after(hours=-1),
            burst_at=after(hours=-1),
            rotated_at=after(hours=-1),
        )
        for shown in (generation - 1, generation, generation + 1):
            if shown >= 0:
                yield account, replace(plain, id=an_id(), **times), shown, rules


async def test_one_statement_decides_and_writes_as_the_judge_says(stores: Stores) -> None:
    verdicts = []
    for account, session, shown, rules in cases():
        mine = replace(account, id=an_id(), email=None)
        kept = replace(session, account_id=mine.id)
        await stores.accounts.create(mine)
        await stores.sessions.open(kept)
        whose = await stores.sessions.rotate(
            kept.id, shown, now=NOW, rules=rules, ip="198.51.100.2", user_agent="Chrome"
        )
        found = await stores.sessions.find(kept.id)
        assert found is not None
        verdict = judge(kept, mine, shown, NOW, rules)
        verdicts.append(verdict)
        if verdict is not Verdict.ROTATE or isinstance(stores.sessions, MongoSessions):
            assert (whose, found.session) == (None, kept), verdict
            continue
        burst_from, burst_at = next_burst(kept, NOW, rules)
        rotated = replace(
            kept,
            generation=shown + 1,
            burst_from=burst_from,
            burst_at=burst_at,
            rotated_at=NOW,
            ip="198.51.100.2",
            user_agent="Chrome",
        )
        assert (whose, found.session) == (mine.id, rotated)
    assert set(verdicts) == set(Verdict)


async def test_nobody_rotates_a_session_that_is_not_there_or_has_no_account(stores: Stores) -> None:
    orphan = a_session(an_account())
    await stores.sessions.open(orphan)
    for session_id in (orphan.id, an_id()):
        whose = await stores.sessions.rotate(
            session_id, 0, now=NOW, rules=SessionRules(), ip="", user_agent=""
        )
        assert whose is None
