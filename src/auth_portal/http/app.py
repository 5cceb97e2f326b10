"""The ASGI application: the one piece of middleware, and the way from a request to its answer."""

import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter

from starlette.types import Receive, Scope, Send

from auth_portal import __version__
from auth_portal.core.clock import Clock
from auth_portal.core.log import Log
from auth_portal.core.refusal import Kind, Refusal
from auth_portal.core.secrets import Randomness, system_randomness
from auth_portal.http.answer import Answer
from auth_portal.http.body import Gone, read_fields
from auth_portal.http.call import Call
from auth_portal.http.cookies import cookies_under
from auth_portal.http.deadline import Deadline
from auth_portal.http.desk import Desk, HttpMetrics
from auth_portal.http.dispatch import Dispatch, build_dispatch
from auth_portal.http.dress import wardrobe
from auth_portal.http.flows import Flows
from auth_portal.http.form import Form
from auth_portal.http.guard import pass_guard
from auth_portal.http.origins import origins_of
from auth_portal.http.outlet import Outlet
from auth_portal.http.pages.dev_mail import DevMail, Inbox, dev_mail_routes
from auth_portal.http.pages.docs import Reference
from auth_portal.http.pages.mount import Missing, mount_portal
from auth_portal.http.problems import Problems
from auth_portal.http.refresh_source import RefreshSource
from auth_portal.http.refusals import BAD_REQUEST, INTERNAL, NOT_FOUND, HttpRefusal
from auth_portal.http.route import Route
from auth_portal.http.routes import api_routes, house_routes
from auth_portal.http.rules import HttpRules
from auth_portal.http.visitor import Notice, Visitors

LONGEST_ANSWER = 30.0  # seconds; a flow that is cut there leaves what its page in docs/flows says
TRACE_BYTES = 8
MOST_FRAMES = 12


def build_app(
    flows: Flows,
    rules: HttpRules,
    *,
    ready: Callable[[], Awaitable[None]],
    jwks: Callable[[], Mapping[str, object]],
    providers: Mapping[str, str],
    metrics: HttpMetrics,
    log: Log,
    clock: Clock,
    randomness: Randomness = system_randomness,
    inbox: Inbox | None = None,
    access_log: bool = False,
) -> "App":
    """Everything that speaks HTTP, as one ASGI callable.

    `ready` returns when every part is there and raises otherwise; `providers` gives the label of
    each provider that has credentials, by its name; `inbox` is the folder of letters, None outside
    of development. The lifespan belongs to the caller, who has opened what the flows stand on.
    """
    routes = [*api_routes(rules.prefix), *house_routes()]
    names = tuple(providers)
    reference = Reference(routes, names, rules, __version__)
    with_inbox = inbox is not None and rules.dev_inbox
    cookies, origins = cookies_under(rules), origins_of(rules.origins)
    desk = Desk(
        flows=flows,
        rules=rules,
        cookies=cookies,
        source=RefreshSource(cookies.refresh, origins),
        origins=origins,
        visitors=Visitors(
            rules.trusted_proxies,
            Notice(clock, log, metrics.stranger_proxy),
            flows.device_cookies.read,
            cookies.device.name,
        ),
        problems=Problems(f"{rules.backend}/docs/errors"),
        labels=providers,
        ready=ready,
        jwks=jwks,
        metrics=metrics,
        version=__version__,
        reference=reference,
        dev_mail=DevMail(inbox, reference.templates) if inbox is not None and with_inbox else None,
    )
    served = routes + dev_mail_routes() if with_inbox else routes
    pages, missing = mount_portal(rules, providers) if rules.portal else ([], None)
    dispatch = build_dispatch(served, names, pages)
    outlet = Outlet(wardrobe(rules), origins)
    return App(desk, dispatch, outlet, log, name_requests(randomness), missing, access_log)


def name_requests(randomness: Randomness) -> Iterator[str]:
    """Ids for requests, for logs to be joined by: this process's mark, then a running number."""
    mark = randomness(TRACE_BYTES).hex()
    return (f"{mark}{number:08x}" for number in count())


@dataclass(frozen=True)
class App:
    """The only middleware there is: head, dispatch, guard, body, handler, and what goes with any answer."""

    desk: Desk
    dispatch: Dispatch
    outlet: Outlet
    log: Log
    traces: Iterator[str]
    missing: Missing | None
    access_log: bool
    deadline: Deadline = field(default_factory=lambda: Deadline(LONGEST_ANSWER))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3). Whatever happens in it, it is answered, and nobody else's suffers."""
        began = perf_counter()
        call = Call(scope, receive, next(self.traces))
        label, cause = "unmatched", ""
        try:
            _check_head(call)
            place, call.parameters = self.dispatch.place(scope["path"])
            label = place.path
            if scope["method"] == "OPTIONS":
                answer = Answer(204, headers=((b"allow", place.allow), *self.desk.origins.preflight(call)))
            else:
                answer = await self._answer(place.route(scope["method"]), call)
        except Gone:
            return
        except Refusal as refusal:
            cause = str(refusal)
            answer = self._refused(refusal, label, call)
        except HttpRefusal as refusal:
            answer = self._lost(refusal, call) or self.desk.problems.http_refusal(refusal)
        except Exception as fault:  # noqa: BLE001 -- the last resort of every request
            answer = self._broken(fault, label, call)
        await self.outlet(answer, call, send)
        self.desk.metrics.request(label, answer.status, perf_counter() - began)
        if self.access_log:
            self._note(call, label, answer.status, perf_counter() - began, cause)

    async def _answer(self, route: Route, call: Call) -> Answer:
        """Guard, body, handler; what writes in bounded time, reads are bounded by their drivers."""
        if not route.unsafe:
            await pass_guard(self.desk, route, call)
            return await route.handler(self.desk, call)
        with self.deadline.kept():
            await pass_guard(self.desk, route, call)
            fields = await read_fields(call, self.desk.rules.largest_body)
            if route.body is not None:
                shortest, longest = self.desk.rules.password_shortest, self.desk.rules.password_longest
                form = Form(fields, shortest, longest)
                call.body = route.body.check(form)
                form.settle()
            return await route.handler(self.desk, call)

    def _refused(self, refusal: Refusal, label: str, call: Call) -> Answer:
        """A flow's no. What an operator must look at is logged whether or not requests are."""
        if refusal.refused.kind is Kind.UNAVAILABLE:
            self.log.warning("unavailable", cause=refusal.cause, route=label, trace=call.trace)
        return self.desk.problems.refusal(refusal)

    def _lost(self, refusal: HttpRefusal, call: Call) -> Answer | None:
        """A preflight succeeds; people who typed a wrong address see a page; programs get the problem."""
        if refusal.fault is not NOT_FOUND:
            return None
        if call.scope["method"] == "OPTIONS" and self.desk.origins.allows(call):
            return Answer(204, headers=self.desk.origins.preflight(call))
        if self.missing is None or call.scope["method"] != "GET":
            return None
        if call.scope["path"].startswith(self.desk.rules.prefix + "/"):
            return None
        return self.missing(call) if "text/html" in call.header(b"accept") else None

    def _broken(self, fault: Exception, label: str, call: Call) -> Answer:
        """A mistake of ours: where it happened is logged, what the exception says may hold secrets."""
        frames = traceback.extract_tb(fault.__traceback__)[-MOST_FRAMES:]
        where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        self.log.error("broken", fault=type(fault).__name__, where=where, route=label, trace=call.trace)
        return self.desk.problems.fault(INTERNAL)

    def _note(self, call: Call, label: str, status: int, seconds: float, cause: str) -> None:
        """The access log: paths as in the table, for a path or a query as it came may hold a token."""
        self.log.info(
            "request",
            method=call.scope["method"],
            route=label,
            status=status,
            milliseconds=round(seconds * 1000, 2),
            trace=call.trace,
            cause=cause,
        )


def _check_head(call: Call) -> None:
    """Exactly one Host (RFC 9112 section 3.2): two would let a proxy and us see two servers."""
    host = call.headers.get(b"host")
    if host is None and call.scope["http_version"] == "1.0":
        return
    if not host or b"," in host or b" " in host:
        raise HttpRefusal(BAD_REQUEST)
