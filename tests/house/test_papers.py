"""What is written about the house is true: map, errors, decisions, links, commands."""

import re
from pathlib import Path

import pytest

from auth_portal.http.errors_page import errors_page
from tests.house.events import EVENTS, events_page
from tests.house.map import MAP, drawn
from tests.house.sources import ROOT, named, tracked

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
PAPERS = [path for path in tracked() if path.suffix == ".md"]
CHECK = re.compile(r"^Check: (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
MAKE = re.compile(r"`make ([a-z-]+)`")


def test_the_map_is_fresh() -> None:
    assert MAP.read_text() == drawn(), "make map"


def test_the_list_of_errors_is_fresh() -> None:
    assert (ROOT / "docs" / "errors.md").read_text() == errors_page(), "make map"


def test_the_list_of_events_is_fresh() -> None:
    assert EVENTS.read_text() == events_page(), "make map"


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_names_a_check_that_exists(path: Path) -> None:
    named_checks = CHECK.findall(path.read_text())
    assert named_checks, "a rule without a check rots"
    for check in re.findall(r"`([^`]+)`", " ".join(named_checks)):
        file, _, function = check.partition("::")
        assert (ROOT / file).exists(), check
        if function:
            assert f"def {function}(" in (ROOT / file).read_text(), check


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", PAPERS, ids=named)
def test_links_between_papers_lead_somewhere(path: Path) -> None:
    broken = [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("path", PAPERS, ids=named)
def test_commands_that_papers_name_exist(path: Path) -> None:
    rules = (ROOT / "Makefile").read_text()
    unknown = [
        name for name in MAKE.findall(path.read_text()) if not re.search(f"^{name}:", rules, re.MULTILINE)
    ]
    assert unknown == []


def test_every_program_that_the_makefile_starts_exists() -> None:
    started = set(re.findall(r"python -m ([a-z_.]+)", (ROOT / "Makefile").read_text())) - {"pytest", "pip"}
    missing = sorted(
        name
        for name in started
        if not any(
            (root / name.replace(".", "/")).with_suffix(".py").exists()
            or (root / name.replace(".", "/") / "__main__.py").exists()
            for root in (ROOT, ROOT / "src")
        )
    )
    assert missing == []


def test_every_variable_that_is_read_stands_in_the_example() -> None:
    read = re.compile(
        r"""(?:text|duration|whole|switch|choice|parsed|check_secret)\(\s*(?:reader,\s*)?"([A-Z][A-Z0-9_]+)\""""
    )
    example = (ROOT / ".env.example").read_text()
    settings = (ROOT / "src" / "auth_portal" / "settings").glob("*.py")
    names = {name for path in settings for name in read.findall(path.read_text())}
    assert len(names) > 30, "the pattern no longer finds them"
    missing = sorted(name for name in names if name not in example)
    assert missing == []


def test_no_host_of_a_package_registry_stands_in_the_repository() -> None:
    hosts = re.compile(r"--(extra-)?index-url|--find-links|find-links\s*=|file:///")
    found = [
        named(path)
        for path in tracked()
        if path.suffix in {".txt", ".in", ".toml", ".cfg", ".ini", ""} and hosts.search(read(path))
    ]
    assert found == []


def read(path: Path) -> str:
    """The text, or nothing for what is none."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""
