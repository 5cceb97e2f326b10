"""The API to read: the OpenAPI document drawn on the server, without a script and without a CDN."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auth_portal.http.answer import CACHEABLE, Answer, Dress, RawHeaders, encode
from auth_portal.http.openapi import build_document
from auth_portal.http.pages.templates import Templates
from auth_portal.http.route import Route
from auth_portal.http.rules import HttpRules

if TYPE_CHECKING:
    from auth_portal.http.call import Call
    from auth_portal.http.desk import Desk

FOLDER = Path(__file__).parent / "reference"
POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors 'none'"
)
HTML: RawHeaders = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", POLICY),
    (b"cache-control", b"no-cache"),
)
STYLE: RawHeaders = (
    (b"content-type", b"text/css; charset=utf-8"),
    (b"cache-control", b"public, max-age=3600"),
)


@dataclass
class Reference:
    """Made when somebody first asks: starting a server shall not wait for its documentation."""

    routes: list[Route]
    providers: tuple[str, ...]
    rules: HttpRules
    version: str
    templates: Templates = field(default_factory=lambda: Templates(FOLDER))

    @cached_property
    def said(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return build_document(self.routes, self.providers, self.rules, self.version)

    @cached_property
    def document(self) -> bytes:
        """The same as JSON."""
        return encode(self.said)

    @cached_property
    def page(self) -> bytes:
        """The same as a page."""
        groups: dict[str, list[tuple[str, str, Any]]] = {}
        for path, methods in self.said["paths"].items():
            for method, operation in methods.items():
                groups.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
        return self.templates.render("reference.html", said=self.said, groups=groups).encode()

    @cached_property
    def errors(self) -> bytes:
        """Every code, to which `type` in problem details points."""
        from auth_portal.http.catalogue import catalogue  # noqa: PLC0415 -- it imports every room

        return self.templates.render("errors.html", entries=catalogue()).encode()

    @cached_property
    def style(self) -> bytes:
        """The stylesheet of these pages."""
        return (FOLDER / "reference.css").read_bytes()


async def document(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """`/openapi.json`."""
    return Answer(200, desk.reference.document, CACHEABLE, Dress.PUBLIC)


async def page(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """`/docs`."""
    return Answer(200, desk.reference.page, HTML, Dress.PAGE)


async def errors(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """`/docs/errors`."""
    return Answer(200, desk.reference.errors, HTML, Dress.PAGE)


async def stylesheet(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """`/docs/reference.css`."""
    return Answer(200, desk.reference.style, STYLE, Dress.PUBLIC)
