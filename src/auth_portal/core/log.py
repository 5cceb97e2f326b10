"""What the rooms ask of a logger; `app.py` hands in the real one."""

from typing import Protocol


class Log(Protocol):
    """A structured logger: a sentence-like event name, then facts. Never a secret among them."""

    def info(self, event: str, **facts: object) -> None:
        """Something happened as it should."""

    def warning(self, event: str, **facts: object) -> None:
        """Something an operator should look at in daylight."""

    def error(self, event: str, **facts: object) -> None:
        """Something an operator should look at now."""
