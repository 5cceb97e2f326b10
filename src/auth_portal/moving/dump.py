"""The original's rows from a file that `mongoexport` wrote: one JSON document a line, or one array."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from auth_portal.core.clock import Clock
from auth_portal.moving.arrival import Read, Unusable
from auth_portal.moving.cleaning import Understood
from auth_portal.moving.extended_json import plain
from auth_portal.moving.original import read_original

NAMES = ("users.json", "users.jsonl")


class NoDumpError(Exception):
    """There is nothing to read at that path."""


@dataclass(frozen=True)
class Dump:
    """The Source of `--from-dump`: a file, or a folder with `users.json` in it."""

    path: Path
    clock: Clock
    understood: Understood

    async def rows(self) -> AsyncIterator[Read]:
        """See the port."""
        now = self.clock()
        for where, text in documents(self.users()):
            try:
                raw = plain(msgspec.json.decode(text))
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                yield Unusable(where, "the line is no JSON")
                continue
            yield read_original(raw, where, now, self.understood)

    async def count(self) -> int:
        """See the port."""
        return sum(1 for _ in documents(self.users()))

    async def dropped(self) -> dict[str, int]:
        """See the port: what lies beside the users in the folder."""
        if not self.path.is_dir():
            return {}
        beside = {name: self.path / f"{name}.json" for name in ("sessions", "forgots")}
        return {name: sum(1 for _ in documents(path)) for name, path in beside.items() if path.exists()}

    def users(self) -> Path:
        """The file of users. Raises NoDumpError."""
        candidates = [self.path / name for name in NAMES] if self.path.is_dir() else [self.path]
        for candidate in candidates:
            if candidate.is_file():
                return candidate
        raise NoDumpError(f"no file {' or '.join(str(one) for one in candidates)}")


def documents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each document's place and text; of an array (`--jsonArray`) its elements. Raises NoDumpError."""
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
        file.seek(0)
        if start.startswith(b"["):
            try:
                elements = msgspec.json.decode(file.read().lstrip(b"\xef\xbb\xbf"), type=list[msgspec.Raw])
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
                raise NoDumpError(f"{path} begins as a JSON array and is none: {error}") from None
            for number, element in enumerate(elements, 1):
                yield f"element {number}", bytes(element)
            return
        for number, line in enumerate(file, 1):
            text = line.strip().removeprefix(b"\xef\xbb\xbf")
            if text:
                yield f"line {number}", text
