"""Rotations whose outcome the database never told us: nobody holds their token, whatever the time."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from auth_portal.core.clock import to_milliseconds
from auth_portal.sessions.session import Session

MOST = 10_000  # remembered; the oldest are forgotten first


@dataclass(frozen=True)
class Doubts:
    """A database that stands still may carry out an update long after its request was answered 503.

    The row is then one generation on, and the grace over, when the honest client comes again with the
    token that it was told to keep. That token is no stolen one as long as the row stands exactly as the
    update of ours would have left it: we gave its successor to nobody, and nobody has used it.

    What is forgotten here (a restart, another instance, the oldest) is judged as ever. Safe when stale.
    """

    _rotations: OrderedDict[tuple[str, int, int], None] = field(default_factory=OrderedDict, repr=False)

    def note(self, session_id: str, generation: int, now: datetime) -> None:
        """The update that would rotate the session from that generation `now` was not answered."""
        self._rotations[session_id, generation, to_milliseconds(now)] = None
        if len(self._rotations) > MOST:
            self._rotations.popitem(last=False)

    def forget(self, session: Session) -> None:
        """The token of the session as it stands is handed out: its predecessor is an old one from now on."""
        self._rotations.pop(_leading_to(session), None)

    def explain(self, session: Session, generation: int) -> bool:
        """That this generation is older than the row is the doing of an update that nobody was told of."""
        return generation == session.generation - 1 and _leading_to(session) in self._rotations


def _leading_to(session: Session) -> tuple[str, int, int]:
    """The rotation that left the session as it stands."""
    return session.id, session.generation - 1, to_milliseconds(session.rotated_at)
