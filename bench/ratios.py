"""What was measured, held against the limits of the same run: the ratios that we promise."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from operator import truediv

from bench.figures import Figure
from bench.limits import REFRESH, SIGN_IN

ME_OVER_BARE = 2.5
REFRESH_OVER_RAW = 2.0
HASH_SHARE = 0.95
HELD = {"me", "refresh", "sign in"}  # workloads that ratios are made of
TOGETHER = 32  # connections at which refreshes are held against their limit


@dataclass(frozen=True, slots=True)
class Ratio:
    """One promise: what is divided by what, what came out, and what was wanted."""

    engine: str
    named: str
    seen: float
    wanted: str
    kept: bool | None  # None where nothing is promised: it says what could be seen at best

    def told(self) -> str:
        """A line of the table."""
        return f"| {self.engine} | {self.named} | {self.seen:.3g} | {self.wanted} | {self.mark} |"

    @property
    def mark(self) -> str:
        """Kept or not, in a word."""
        return {True: "kept", False: "**not kept**", None: "the limit of it"}[self.kept]


def ratios(figures: list[Figure], commits_per_refresh: float | None) -> list[Ratio]:
    """Of one engine's figures of one run; of several numbers of connections the first counts.

    A ratio is taken within each round, and the median of these is shown: between rounds a shared
    machine may become slower or faster.
    """
    engine = figures[0].engine
    cost: dict[str, Figure] = {}
    for figure in figures:
        cost.setdefault(figure.workload.removeprefix("limit: "), figure)
    found = [
        _me(engine, cost),
        _hash_share(engine, cost["sign in"], cost["bare hash"].cpu_us),
        Ratio(engine, "the same of bare sign-ins", cost[SIGN_IN].hash_share, "", kept=None),
    ]
    if commits_per_refresh is not None:
        found += _refresh(figures, cost)
        found.append(_at_most(engine, "commits / refresh at 32 connections", commits_per_refresh, 0.5))
    return found


def _within_rounds(formula: Callable[..., float], *figures: Figure) -> float:
    """The median over the rounds of what the formula makes of the figures' microseconds."""
    return statistics.median(map(formula, *(figure.rounds_us for figure in figures)))


def _me(engine: str, cost: dict[str, Figure]) -> Ratio:
    """`me` against a bare answer; one statement is taken off where the driver works in this process."""
    me, bare = cost["me"], cost["bare answer"]
    if engine == "postgresql":
        seen = _within_rounds(lambda me, read, bare: (me - read) / bare, me, cost["raw read"], bare)
        return _at_most(engine, "(me - one asyncpg statement) / bare answer", seen, ME_OVER_BARE)
    return _at_most(engine, "me / bare answer", _within_rounds(truediv, me, bare), ME_OVER_BARE)


def _refresh(figures: list[Figure], cost: dict[str, Figure]) -> list[Ratio]:
    """A refresh on SQLite at 32 connections, held against its limits in several ways, the mildest first.

    Its own statement is one guarded update, durable on its own. Sixteen that share a commit, measured
    without a thread to hand them to, are what even a bare refresh is a multiple of.
    """
    engine = figures[0].engine
    seen = next(one for one in figures if one.workload == "refresh" and one.connections == TOGETHER)
    bare, tokens, whole = cost["bare answer to a POST"], cost["token work of a refresh"], cost[REFRESH]
    alone = cost["raw guarded update, alone in its commit"]
    shared = cost["raw guarded update, 16 a commit"]

    def beyond(seen: float, bare: float, update: float, tokens: float) -> float:
        return (seen - bare) / (update + tokens)

    def all_in(seen: float, bare: float, update: float, tokens: float) -> float:
        return seen / (bare + update + tokens)

    held = (
        ("refresh / bare refresh", _within_rounds(truediv, seen, whole)),
        (
            "refresh / (bare answer + raw guarded update + token work)",
            _within_rounds(all_in, seen, bare, alone, tokens),
        ),
        (
            "(refresh - bare answer) / (raw guarded update + token work)",
            _within_rounds(beyond, seen, bare, alone, tokens),
        ),
        (
            "(refresh - bare answer) / (raw guarded update, 16 a commit + token work)",
            _within_rounds(beyond, seen, bare, shared, tokens),
        ),
    )
    at_best = _within_rounds(beyond, whole, bare, shared, tokens)
    return [_at_most(engine, named, ratio, REFRESH_OVER_RAW) for named, ratio in held] + [
        Ratio(engine, "the same of bare refreshes", at_best, "", kept=None)
    ]


def _hash_share(engine: str, sign_in: Figure, bare_hash_us: float) -> Ratio:
    """How much of a sign-in is the hash, both seen in the same process at the same time where that can be."""
    named, seen = "hashing threads / server, over the sign-ins", sign_in.hash_share
    if not seen:
        named = "bare hash / sign in (the hashing threads cannot be told apart here)"
        seen = bare_hash_us / sign_in.cpu_us
    return Ratio(engine, named, seen, f"at least {HASH_SHARE}", kept=seen >= HASH_SHARE)


def _at_most(engine: str, named: str, seen: float, most: float) -> Ratio:
    return Ratio(engine, named, seen, f"at most {most}", kept=seen <= most)


def ratio_table(found: list[Ratio]) -> str:
    """A table in Markdown."""
    head = ["| engine | ratio | seen | wanted | |", "|---|---|--:|---|---|"]
    return "\n".join(head + [ratio.told() for ratio in found])
