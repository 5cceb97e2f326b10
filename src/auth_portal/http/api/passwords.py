"""Forgetting, resetting and changing a password."""

from auth_portal.http.answer import Answer
from auth_portal.http.bodies import ForgotBody, PasswordBody, ResetBody
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk


async def forgot(desk: Desk, call: Call) -> Answer:
    """200 always."""
    body: ForgotBody = call.body
    await desk.flows.forgot_password(body.email, desk.visitors.of(call))
    return Answer()


async def reset(desk: Desk, call: Call) -> Answer:
    """Spend the link; signs nobody in."""
    body: ResetBody = call.body
    await desk.flows.reset_password(body.hash, body.password, desk.visitors.of(call))
    return Answer()


async def change(desk: Desk, call: Call) -> Answer:
    """Every other session ends."""
    body: PasswordBody = call.body
    visitor = desk.visitors.of(call)
    await desk.flows.change_password(call.who, body.current_password, body.password, visitor)
    return Answer()
