"""What the slices' files ask of a database: statements, steps, and changes driven by either driver."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.engine import Dialect

UNNAMED = "%("  # how Core notes a literal before it has a name; the same one follows with its name
Row = Sequence[Any]
Values = Mapping[str, Any]
Result = TypeVar("Result")


class TakenError(Exception):
    """A unique key stands already; the change it happened in was undone."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as one driver wants it: `order` names the values by position, `constants` ours."""

    text: str
    order: tuple[str, ...]
    constants: Values
    returns_rows: bool

    def complete(self, values: Values) -> Values:
        """The caller's values and the literals that stand in the statement."""
        return {**self.constants, **values} if self.constants else values

    def positions(self, values: Values) -> list[Any]:
        """The values in the order of their places."""
        given = self.complete(values)
        return [given[name] for name in self.order]


class Outcome(NamedTuple):
    """What a step did: the rows it returned, or how many it changed."""

    rows: Sequence[Row]
    changed: int


class Step(NamedTuple):
    """One statement of a change."""

    statement: Statement
    values: Values


Work = Generator[Step, Outcome, Result]
"""A change of several statements: yields each step, is sent its outcome, returns the answer.

It is started anew when the database asks for a retry, so it must not keep anything outside.
"""


class Prepares(Protocol):
    """Makes a driver's statement of a declared one."""

    def prepare(self, declared: "Executable") -> Statement:
        """Compile a declared statement, once."""


class Database(Protocol):
    """One of the two drivers. Every method raises the refusal `unavailable` when it is away.

    `serial` says that transactions run behind one another: each sees what all before it have written.
    """

    serial: bool

    async def one(self, statement: Statement, values: Values) -> Row | None:
        """Read one row by a key."""

    async def few(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Read the rows that hang on one key, about a hundred at most."""

    async def all(self, statement: Statement, values: Values) -> Sequence[Row]:
        """Read rows; may scan."""

    async def change(self, statement: Statement, values: Values) -> Outcome:
        """One statement that writes, committed when this returns. Raises TakenError."""

    async def transaction(self, work: Callable[[], Work[Result]]) -> Result:
        """Several statements, committed together when this returns, or not at all."""


def compile_for(dialect: "Dialect", declared: "Executable") -> Statement:
    """The statement's text in this dialect, and where its values go."""
    from sqlalchemy.sql.compiler import SQLCompiler  # noqa: PLC0415 -- heavy; see `statements.py`

    compiled = declared.compile(dialect=dialect)  # type: ignore[attr-defined]
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- tells the type checker what Core returns
    constants = {
        str(name): bound.value
        for name, bound in compiled.binds.items()
        if not bound.required and not name.startswith(UNNAMED)
    }
    named = compiled.positiontup if compiled.positiontup is not None else [*compiled.binds]
    order = tuple(str(name) for name in named if not name.startswith(UNNAMED))
    writes = compiled.isinsert or compiled.isupdate or compiled.isdelete
    return Statement(compiled.string, order, constants, bool(compiled.effective_returning) or not writes)


def drive(work: Work[Result], execute: Callable[[Step], Outcome]) -> Result:
    """Run a change to its end with an executor that answers at once."""
    try:
        step = next(work)
        while True:
            step = work.send(execute(step))
    except StopIteration as end:
        answer: Result = end.value
        return answer
