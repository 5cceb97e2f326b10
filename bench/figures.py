"""A measured line, and how lines are shown."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One workload on one engine; microseconds of CPU per request, milliseconds of latency."""

    engine: str
    workload: str
    cpu_us: float
    database_us: float = 0.0
    per_second: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    connections: int = 0
    errors: int = 0
    hash_share: float = 0.0  # of the server's CPU, by its hashing threads; 0 where they cannot be told apart
    rounds_us: tuple[float, ...] = ()  # what `cpu_us` is the median of


def table(figures: list[Figure]) -> str:
    """A table in Markdown."""
    head = "| engine | workload | conns | CPU µs | database CPU µs | per second | p50 ms | p99 ms | not 2xx |"
    lines = [head, "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    for one in figures:
        numbers = (
            f"{one.connections or ''}",
            f"{one.cpu_us:.0f}",
            f"{one.database_us:.0f}" if one.database_us else "",
            f"{one.per_second:.0f}" if one.per_second else "",
            f"{one.p50_ms:.2f}" if one.p50_ms else "",
            f"{one.p99_ms:.2f}" if one.p99_ms else "",
            f"{one.errors}" if one.connections else "",
        )
        lines.append(f"| {one.engine} | {one.workload} | " + " | ".join(numbers) + " |")
    return "\n".join(lines)
