"""How commands speak: results to standard output, complaints and progress to standard error."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


def complain(text: str, details: Sequence[str] = ()) -> None:
    """Say on standard error what went wrong."""
    print(text, file=sys.stderr)
    for detail in details:
        print(f"  - {detail}", file=sys.stderr)


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as their widest cell; stays readable in a pipe."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(line[index]) for line in [list(heads), *cells]) for index in range(len(heads))]
    for line in [list(heads), *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Show on a terminal that something longer is going on; silent in a pipe."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 -- only a terminal needs it

    with Console(stderr=True).status(what):
        yield
