"""For those who run the server: is it alive, is it ready, what does it count, which version is it."""

import asyncio

from auth_portal.core.refusal import Refusal, unavailable
from auth_portal.http.answer import CACHEABLE, Answer, Dress, encode, json_answer
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk

LONGEST_PING = 3.0  # seconds
EXPOSITION = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),)
SEE_OTHER = 303


async def alive(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the process answers, that is all
    """The process answers."""
    return json_answer({"status": "ok"})


async def ready(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """Everything that is needed is there. Raises a 503 that does not say what is missing."""
    try:
        async with asyncio.timeout(LONGEST_PING):
            await desk.ready()
    except Refusal:
        raise
    except Exception as fault:
        raise unavailable(f"not ready: {type(fault).__name__}") from fault
    return json_answer({"status": "ok"})


async def metrics(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- guarded before
    """The counters."""
    return Answer(200, desk.metrics.render(), EXPOSITION)


async def version(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- guarded before
    """Which version runs: for operators only, others would look it up in lists of holes."""
    return json_answer({"name": "auth-portal", "version": desk.version})


async def jwks(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """The public keys (RFC 7517); kept five minutes, half of a new key's announcement."""
    return Answer(200, encode(desk.jwks()), CACHEABLE, Dress.PUBLIC)


async def change_password(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- the same for everybody
    """Where password managers send people (W3C, A Well-Known URL for Changing Passwords)."""
    own = desk.rules.portal and desk.rules.frontend == desk.rules.backend
    place = f"{desk.rules.frontend}/{'#password' if own else ''}"
    return Answer(SEE_OTHER, headers=((b"location", place.encode()),))
