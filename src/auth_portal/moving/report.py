"""What a run found and did: counts that add up, and every remark with its row."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from auth_portal.moving.arrival import Arrival, Remark, Unusable
from auth_portal.moving.decide import Decision, Fate

SPOKEN_OF_SINGLY = frozenset(Remark) - {Remark.HASH_OF_NOTHING, Remark.GOOGLE_AS_GITHUB}


@dataclass
class Report:
    """Every row is counted once: rows = taken + already + left + unusable."""

    applied: bool
    rows: int = 0
    taken: int = 0
    already: int = 0
    left: int = 0
    unusable: int = 0
    facts: Counter[str] = field(default_factory=Counter)
    remarks: Counter[Remark] = field(default_factory=Counter)
    dropped: dict[str, int] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)  # row, what

    def count_unusable(self, row: Unusable) -> None:
        """A row of which nothing can be made."""
        self.rows += 1
        self.unusable += 1
        self.notes.append((row.where, row.why))

    def count(self, decision: Decision) -> None:
        """A row with its fate."""
        self.rows += 1
        arrival = decision.arrival
        for remark in arrival.remarks:
            self.remarks[remark] += 1
            if remark in SPOKEN_OF_SINGLY:
                self.notes.append((arrival.where, remark.value))
        if decision.fate is Fate.ALREADY:
            self.already += 1
            return
        if decision.fate is Fate.LEAVE:
            self.left += 1
            return
        self.taken += 1
        self.facts.update(_facts(arrival))

    def lines(self) -> Iterator[str]:
        """The report for a terminal."""
        did = "taken over" if self.applied else "would be taken over"
        yield f"{self.rows} rows read"
        yield f"  {self.taken} {did}"
        yield f"  {self.already} are here already, nothing is changed about them"
        yield f"  {self.left} left behind: nobody could sign in with them, or they deleted their account here"
        yield f"  {self.unusable} unusable"
        yield f"of those {did}"
        for fact, many in sorted(self.facts.items()):
            yield f"  {many} {fact}"
        if self.remarks:
            yield "to be known"
        for remark, many in self.remarks.most_common():
            yield f"  {many} {remark.value}"
        for what, many in self.dropped.items():
            yield f"  {many} {what} are not taken over: everyone signs in once"
        yield from self._asked()
        if not self.applied:
            yield "Nothing was written. Add --apply to do it."

    def _asked(self) -> Iterator[str]:
        """What people will notice."""
        yield "what will be asked of people"
        yield f"  {self.taken} sign in once, with what they know"
        anew = self.remarks[Remark.HASH_UNUSABLE]
        if anew:
            yield f'  {anew} set a new password by "forgot password"'
        doubles = self.remarks[Remark.EMAIL_DUPLICATE] + self.remarks[Remark.EMAIL_TAKEN]
        if doubles:
            yield f"  {doubles} use their other account, or sign in with their provider"


def _facts(arrival: Arrival) -> Iterator[str]:
    """What is true of a row that is taken."""
    if arrival.email_confirmed_at is not None:
        yield "have confirmed their address"
    elif arrival.email is not None:
        yield "have not confirmed their address"
    else:
        yield "have no address"
    if arrival.password_hash is not None:
        yield "have a password"
    else:
        yield "have no password"
    for identity in arrival.identities:
        yield f"sign in with {identity.provider}"
