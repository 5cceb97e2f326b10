"""The guards: who may pass, decided before the body is read."""

from hmac import compare_digest

from auth_portal.core.refusal import Refusal, unauthorized
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.refusals import CROSS_SITE, OPERATORS_ONLY
from auth_portal.http.route import Guard, Route
from auth_portal.http.visitor import is_local


async def pass_guard(desk: Desk, route: Route, call: Call) -> None:
    """Raises CROSS_SITE, the one 401, or OPERATORS_ONLY."""
    if route.unsafe and desk.origins.refuses_unsafe(call):
        raise Refusal(CROSS_SITE, cause="another site's page")
    if route.guard is Guard.ACCESS:
        token = call.bearer
        if not token:
            raise unauthorized("no access token")
        call.present = await desk.flows.recognise(token)
    elif route.guard is Guard.OPERATOR and not is_operator(desk, call):
        raise Refusal(OPERATORS_ONLY)


def is_operator(desk: Desk, call: Call) -> bool:
    """The request shows METRICS_TOKEN, or comes from this machine through no proxy."""
    wanted = desk.rules.metrics_token
    if wanted is not None and compare_digest(call.bearer.encode(), wanted.encode()):
        return True
    return is_local(call)
