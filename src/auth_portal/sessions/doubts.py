"""Rotations whose outcome the database never told us: nobody holds their token, whatever the time."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from auth_portal.core.clock import to_milliseconds
from auth_portal.core.refusal import Refusal
from auth_portal.sessions.session import Session

MOST = 10_000  # remembered; the oldest are forgotten first
MOST_INSTANTS = 32  # of one token that is shown again and again


@dataclass(frozen=True)
class Doubts:
    """A database that stands still may carry out an update long after its request was answered 503.

    The row is then one generation on, and the grace over, when the honest client comes again with the
    token that it was told to keep. That token is no stolen one as long as the row stands exactly as the
    update of ours would have left it: we gave its successor to nobody, and nobody has used it.

    Only what may have been carried out belongs here (not what is `untouched`, Refusal). What is forgotten
    (a restart, another instance, the oldest) is judged as ever. Safe when stale.
    """

    _rotations: OrderedDict[tuple[str, int], list[int]] = field(default_factory=OrderedDict, repr=False)

    def note(self, session_id: str, generation: int, now: datetime, fault: Exception) -> None:
        """The update that would rotate the session from that generation `now` ended with that fault."""
        if isinstance(fault, Refusal) and fault.untouched:
            return
        instants = self._rotations.setdefault((session_id, generation), [])
        instants.append(to_milliseconds(now))
        del instants[:-MOST_INSTANTS]
        if len(self._rotations) > MOST:
            self._rotations.popitem(last=False)

    def forget(self, session: Session) -> None:
        """The token of the session as it stands is handed out: its predecessor is an old one from now on."""
        if self._led_to(session):
            del self._rotations[session.id, session.generation - 1]

    def explain(self, session: Session, generation: int) -> bool:
        """That this generation is older than the row is the doing of an update that nobody was told of."""
        return generation == session.generation - 1 and self._led_to(session)

    def _led_to(self, session: Session) -> bool:
        """A rotation that nobody was told of left the session as it stands."""
        instants = self._rotations.get((session.id, session.generation - 1), ())
        return to_milliseconds(session.rotated_at) in instants
