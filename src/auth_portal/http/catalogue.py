"""Every code with which an answer may say no, gathered from the rooms that raise them."""

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import auth_portal
from auth_portal.core.refusal import Refused
from auth_portal.http.problems import as_fault
from auth_portal.http.refusals import Fault

ROOMS = ("core", "accounts", "tickets", "mail", "limits", "journal", "sessions", "passwords", "social")
HIGHER = ("profile", "entry", "http")


@dataclass(frozen=True, slots=True)
class Entry:
    """One code: its status and what is said to people; one code may come with several sentences."""

    code: str
    status: int
    sentences: tuple[str, ...]


def catalogue() -> list[Entry]:
    """All of them, by code and status. Imports every room, so it is made only when somebody asks."""
    found: dict[tuple[str, int], list[str]] = {}
    for fault in sorted(_faults(), key=lambda one: (one.code, one.status, one.sentence)):
        said = found.setdefault((fault.code, fault.status), [])
        if fault.sentence not in said:
            said.append(fault.sentence)
    return [Entry(code, status, tuple(said)) for (code, status), said in found.items()]


def _faults() -> set[Fault]:
    """What stands at module level in the rooms."""
    faults: set[Fault] = set()
    home = Path(auth_portal.__file__).parent
    for room in (*ROOMS, *HIGHER):
        for module in pkgutil.walk_packages([str(home / room)], f"auth_portal.{room}."):
            for value in vars(import_module(module.name)).values():
                if isinstance(value, Refused):
                    faults.add(as_fault(value))
                elif isinstance(value, Fault):
                    faults.add(value)
    return faults
