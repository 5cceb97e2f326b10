"""Puts the portal's pages into the table's dispatch, and its "not found" page beside it."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request

from auth_portal.http.answer import Answer, page_answer
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.route import Handler, Route, Says
from auth_portal.http.rules import HttpRules

if TYPE_CHECKING:
    from starlette.routing import Route as PageRoute

Missing = Callable[[Call], Answer]
Mounted = tuple[re.Pattern[str], Route]


def mount_portal(rules: HttpRules, providers: Mapping[str, str]) -> tuple[list[Mounted], Missing]:
    """Each page with the pattern of its address, and what draws the page for lost people."""
    from auth_portal.http.pages.portal import (  # noqa: PLC0415 -- only where there is a portal
        Provider,
        open_portal,
        portal_routes,
    )

    portal = open_portal(rules, [Provider(name, label) for name, label in providers.items()])

    def missing(call: Call) -> Answer:
        return page_answer(portal.missing(_request(call)))

    return [_mounted(page) for page in portal_routes(portal)], missing


def _mounted(page: "PageRoute") -> Mounted:
    """A page's endpoint as a handler of ours."""
    says = (Says(200, "A page", "text/html"),)
    return page.path_regex, Route("GET", page.path, _handler(page), page.name or "", says, documented=False)


def _handler(page: "PageRoute") -> Handler:
    async def handle(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- pages know nobody
        return page_answer(await page.endpoint(_request(call)))

    return handle


def _request(call: Call) -> Request:
    """The request as Starlette's endpoints know it."""
    call.scope["path_params"] = call.parameters
    return Request(call.scope, call.receive)
