"""A log that remembers what it was told."""

from dataclasses import dataclass, field


@dataclass
class Logbook:
    """Lines of (level, event, facts)."""

    lines: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, **facts: object) -> None:
        """As it should."""
        self.lines.append(("info", event, facts))

    def warning(self, event: str, **facts: object) -> None:
        """In daylight."""
        self.lines.append(("warning", event, facts))

    def error(self, event: str, **facts: object) -> None:
        """Now."""
        self.lines.append(("error", event, facts))

    def events(self, level: str) -> list[str]:
        """What was said at that level."""
        return [event for at, event, _ in self.lines if at == level]
