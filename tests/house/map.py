"""Writes docs/map.md: every file of the server and the tests with its caption."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.house.sources import ROOT, caption, modules, named

MAP = ROOT / "docs" / "map.md"
HEAD = """# The map

Every room and every file, in the words of its own caption. Written by `make map`; a test sees that
it is fresh.
"""


def drawn() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, folder in (("The server", "src/auth_portal"), ("The tests", "tests"), ("Measuring", "bench")):
        paths = sorted(modules(folder))
        if not paths:
            continue
        parts.append(f"\n## {title}\n")
        here: Path | None = None
        for path in sorted(paths, key=lambda one: (str(one.parent), one.name != "__init__.py", one.name)):
            if path.parent != here:
                here = path.parent
                parts.append(f"\n### {named(here)}\n")
            if path.name == "__init__.py":
                parts.append(f"{caption(path)}\n")
                continue
            parts.append(f"- `{path.name}` {caption(path)}")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    MAP.write_text(drawn())
