"""What is counted, in the form that Prometheus reads."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _registry() -> CollectorRegistry:
    """A registry of our own, so that two portals in one process do not share their numbers."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry


@dataclass(frozen=True)
class Watched:
    """Asks a part what it has done whenever somebody looks; costs nothing in between."""

    name: str
    told: str
    counts: Callable[[], dict[str, int]]

    def collect(self) -> Iterator[CounterMetricFamily]:
        """For Prometheus' registry."""
        family = CounterMetricFamily(self.name, self.told, labels=("kind",))
        for kind, count in self.counts().items():
            family.add_metric((kind,), count)
        yield family


class RequestTimes:
    """How often and how fast each route answered: a list of numbers per route and status, no locks.

    Every request passes here, so it costs half a microsecond; what Prometheus wants is put together
    when it asks. Only the event loop's thread counts.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], list[float]] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """One answer."""
        counts = self._counts.get((route, status))
        if counts is None:
            counts = self._counts[route, status] = [0.0] * (len(BUCKETS) + 2)
        counts[bisect_left(BUCKETS, seconds)] += 1
        counts[-1] += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """For Prometheus' registry: buckets count everything up to their bound."""
        family = HistogramMetricFamily(
            "auth_portal_request_seconds", "Time to answer", labels=("route", "status")
        )
        bounds = [str(bound) for bound in BUCKETS] + ["+Inf"]
        for (route, status), counts in list(self._counts.items()):
            sums = list(zip(bounds, accumulate(counts[:-1]), strict=True))
            family.add_metric((route, str(status)), sums, counts[-1])
        yield family


@dataclass
class Metrics:
    """Counters by their Prometheus names; labels never hold an address, an id or a path as it came."""

    registry: CollectorRegistry = field(default_factory=_registry)

    def __post_init__(self) -> None:
        """Name what is counted."""
        registry = self.registry
        self._events = Counter(
            "auth_portal_events", "Security events", ("kind", "outcome"), registry=registry
        )
        self._letters = Counter(
            "auth_portal_letters", "Tries to send letters", ("outcome",), registry=registry
        )
        self._limited = Counter("auth_portal_limited", "Refused by a limit", ("limit",), registry=registry)
        self._times = RequestTimes()
        registry.register(self._times)
        self._strangers = Counter(
            "auth_portal_stranger_proxies",
            "Forwarded headers from private peers that are no trusted proxies",
            registry=registry,
        )
        self._outbox = Gauge(
            "auth_portal_outbox", "Letters that wait and letters that died", ("state",), registry=registry
        )

    def watch(self, name: str, told: str, counts: Callable[[], dict[str, int]]) -> None:
        """`counts` tells how often a part did what, by kind, since the start."""
        self.registry.register(Watched(name, told, counts))

    def event(self, kind: str, outcome: str) -> None:
        """One line of the journal was written."""
        self._events.labels(kind, outcome).inc()

    def letter(self, outcome: str) -> None:
        """One try to send a letter: sent, later or dead."""
        self._letters.labels(outcome).inc()

    def limited(self, name: str) -> None:
        """A limit refused somebody."""
        self._limited.labels(name).inc()

    def request(self, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._times.observe(route, status, seconds)

    def stranger_proxy(self) -> None:
        """A private peer that is no trusted proxy sent forwarded headers."""
        self._strangers.inc()

    def outbox(self, state: str, count: int) -> None:
        """How many letters stand in a state."""
        self._outbox.labels(state).set(count)

    def render(self) -> bytes:
        """The exposition format, text version 0.0.4."""
        return generate_latest(self.registry)
