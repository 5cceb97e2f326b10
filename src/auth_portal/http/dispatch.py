"""From method and path to the line of the table: a dictionary first, patterns for what has parameters."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from auth_portal.http.refusals import METHOD_NOT_ALLOWED, NOT_FOUND, HttpRefusal
from auth_portal.http.route import Route

ID = "[A-Za-z0-9_-]{1,64}"
LONGEST_PATH = 2048


@dataclass(frozen=True, slots=True)
class Place:
    """One path with its routes by method. `allow` is the value of the header of that name."""

    path: str
    routes: dict[str, Route]
    allow: bytes

    def route(self, method: str) -> Route:
        """The route for the method; HEAD is answered wherever GET is. Raises METHOD_NOT_ALLOWED."""
        route = self.routes.get(method)
        if route is None and method == "HEAD":
            route = self.routes.get("GET")
        if route is None:
            raise HttpRefusal(METHOD_NOT_ALLOWED, ((b"allow", self.allow),))
        return route


@dataclass(frozen=True)
class Dispatch:
    """All places. A path that stands in the dictionary never reaches the patterns."""

    fixed: dict[str, Place]
    patterns: Sequence[tuple[re.Pattern[str], Place]]

    def place(self, path: str) -> tuple[Place, dict[str, str]]:
        """The place and its parameters. One slash at the end is forgiven. Raises NOT_FOUND."""
        place = self.fixed.get(path)
        if place is not None:
            return place, {}
        if len(path) <= LONGEST_PATH:
            bare = path[:-1] if len(path) > 1 and path.endswith("/") else path
            place = self.fixed.get(bare)
            if place is not None:
                return place, {}
            for pattern, there in self.patterns:
                found = pattern.fullmatch(bare)
                if found is not None:
                    return there, found.groupdict()
        raise HttpRefusal(NOT_FOUND)


def build_dispatch(
    routes: Iterable[Route], providers: Iterable[str], pages: Iterable[tuple[re.Pattern[str], Route]] = ()
) -> Dispatch:
    """Read the table once. `{provider}` stands for the providers that have credentials, no others.

    `pages` come last, each with the pattern of its address.
    """
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        methods = by_path.setdefault(route.path, {})
        if route.method in methods:
            raise ValueError(f"{route.method} {route.path} stands twice in the table")
        methods[route.method] = route
    known = "|".join(re.escape(name) for name in providers)
    fixed: dict[str, Place] = {}
    patterns: list[tuple[re.Pattern[str], Place]] = []
    for path, methods in by_path.items():
        if "{" not in path:
            fixed[path] = _place(path, methods)
        elif known or "{provider}" not in path:
            written = re.escape(path).replace(r"\{id\}", f"(?P<id>{ID})")
            written = written.replace(r"\{provider\}", f"(?P<provider>{known})")
            patterns.append((re.compile(written), _place(path, methods)))
    for pattern, page in pages:
        there = _place(page.path, {page.method: page})
        if "{" in page.path:
            patterns.append((pattern, there))
        else:
            fixed.setdefault(page.path, there)
    return Dispatch(fixed, patterns)


def _place(path: str, methods: dict[str, Route]) -> Place:
    """HEAD is not listed in the table: it follows from GET."""
    names = [*methods, *(["HEAD"] if "GET" in methods else [])]
    return Place(path, methods, ", ".join(names).encode())
