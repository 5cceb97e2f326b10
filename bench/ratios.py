"""What was measured, held against the limits of the same run: the ratios that we promise."""

from dataclasses import dataclass

from bench.figures import Figure

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
    kept: bool

    def told(self) -> str:
        """A line of the table."""
        return f"| {self.engine} | {self.named} | {self.seen:.2f} | {self.wanted} | {self.mark} |"

    @property
    def mark(self) -> str:
        """Kept or not, in a word."""
        return "kept" if self.kept else "**not kept**"


def ratios(figures: list[Figure], commits_per_refresh: float | None) -> list[Ratio]:
    """Of one engine's figures of one run; of several numbers of connections the first counts."""
    engine = figures[0].engine
    sign_in = next(figure for figure in figures if figure.workload == "sign in")
    cost: dict[str, float] = {}
    for figure in figures:
        cost.setdefault(figure.workload.removeprefix("limit: "), figure.cpu_us)
    found = [
        _at_most(engine, *_me(engine, cost), ME_OVER_BARE),
        _hash_share(engine, sign_in, cost["bare hash"]),
    ]
    if commits_per_refresh is not None:
        found += _refresh(figures, cost)
        found.append(_at_most(engine, "commits / refresh at 32 connections", commits_per_refresh, 0.5))
    return found


def _me(engine: str, cost: dict[str, float]) -> tuple[str, float]:
    """`me` against a bare answer; one statement is taken off where the driver works in this process."""
    if engine == "postgresql":
        rest = cost["me"] - cost["raw read"]
        return "(me - one asyncpg statement) / bare answer", rest / cost["bare answer"]
    return "me / bare answer", cost["me"] / cost["bare answer"]


def _refresh(figures: list[Figure], cost: dict[str, float]) -> list[Ratio]:
    """A refresh on SQLite at 32 connections, held against its limits in three ways, the mildest first.

    Its own statement is one guarded update, durable on its own; sixteen that share a commit are what
    group commit could come to at best.
    """
    engine = figures[0].engine
    seen = next(one.cpu_us for one in figures if one.workload == "refresh" and one.connections == TOGETHER)
    bare, tokens = cost["bare answer to a POST"], cost["token work of a refresh"]
    alone = cost["raw guarded update, alone in its commit"] + tokens
    shared = cost["raw guarded update, 16 a commit"] + tokens
    return [
        _at_most(engine, named, ratio, REFRESH_OVER_RAW)
        for named, ratio in (
            ("refresh / (bare answer + raw guarded update + token work)", seen / (bare + alone)),
            ("(refresh - bare answer) / (raw guarded update + token work)", (seen - bare) / alone),
            ("(refresh - bare answer) / (the same, 16 a commit)", (seen - bare) / shared),
        )
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
