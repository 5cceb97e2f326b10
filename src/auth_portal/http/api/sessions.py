"""Staying signed in, looking through one's devices, signing out."""

from auth_portal.core.refusal import UNAUTHORIZED, Refusal
from auth_portal.core.visitor import Visitor
from auth_portal.http.answer import Answer, json_answer
from auth_portal.http.bodies import RefreshBody, RenameBody
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.present import (
    EndedShown,
    InfoShown,
    SessionsShown,
    session_of,
    signed_in_of,
    user_of,
)
from auth_portal.http.problems import BEARER, as_fault

NO_CONTENT = 204


async def refresh(desk: Desk, call: Call) -> Answer:
    """New tokens. A loser's 401 clears nobody's cookie: another tab's newer one may lie there."""
    body: RefreshBody = call.body
    token = desk.source.required(call, body.refresh_token)
    tokens = await desk.flows.rotate(token, desk.visitors.of(call))
    return json_answer(signed_in_of(tokens), 200, desk.cookies.signed_in(tokens.refresh_token))


async def info_session(desk: Desk, call: Call) -> Answer:
    """Who is signed in; writes nothing, extends nothing."""
    body: RefreshBody = call.body
    token = desk.source.required(call, body.refresh_token)
    info = await desk.flows.inform(token, desk.visitors.of(call))
    return json_answer(InfoShown(info.access_token, user_of(info.account)))


async def logout(desk: Desk, call: Call) -> Answer:
    """End the session of whatever token of ours came along; the first that was sent decides.

    The others are ended as well when they are ours: their cookie is cleared, so nobody could.
    """
    body: RefreshBody = call.body
    tokens = desk.source.any_of_ours(call, body.refresh_token)
    cleared = (desk.cookies.refresh.clear(),)
    visitor = desk.visitors.of(call)
    ours = [await _sign_out(desk, token, visitor) for token in tokens]
    if not ours or not ours[0]:
        return desk.problems.fault(as_fault(UNAUTHORIZED), BEARER + cleared)
    return Answer(headers=cleared)


async def _sign_out(desk: Desk, token: str, visitor: Visitor) -> bool:
    """False for a token that is none of ours."""
    try:
        await desk.flows.sign_out(token, visitor)
    except Refusal as refusal:
        if refusal.refused is UNAUTHORIZED:
            return False
        raise
    return True


async def logout_all(desk: Desk, call: Call) -> Answer:
    """End every session, this one included."""
    await desk.flows.end_all(call.who, desk.visitors.of(call))
    return Answer(headers=(desk.cookies.refresh.clear(),))


async def list_sessions(desk: Desk, call: Call) -> Answer:
    """One's devices."""
    found = await desk.flows.list_sessions(call.who)
    current = call.who.session.id
    return json_answer(SessionsShown([session_of(session, current) for session in found]))


async def rename_session(desk: Desk, call: Call) -> Answer:
    """Give a device a name."""
    body: RenameBody = call.body
    await desk.flows.rename_session(call.who, call.parameters["id"], body.name, desk.visitors.of(call))
    return Answer()


async def end_session(desk: Desk, call: Call) -> Answer:
    """Sign one device out."""
    await desk.flows.end_one(call.who, call.parameters["id"], desk.visitors.of(call))
    mine = call.parameters["id"] == call.who.session.id
    return Answer(NO_CONTENT, headers=(desk.cookies.refresh.clear(),) if mine else ())


async def end_others(desk: Desk, call: Call) -> Answer:
    """Sign every other device out."""
    return json_answer(EndedShown(await desk.flows.end_others(call.who, desk.visitors.of(call))))
