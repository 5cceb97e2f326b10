"""Ways in by e-mail and password, and the links that letters carry."""

from auth_portal.entry.admit import Admitted
from auth_portal.http.answer import Answer, RawHeaders, json_answer
from auth_portal.http.bodies import HashBody, LoginBody, RegisterBody
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.pages.languages import COOKIE, choose
from auth_portal.http.present import signed_in_of

CREATED = 201
ACCEPTED = 202


def admitted_headers(desk: Desk, admitted: Admitted) -> RawHeaders:
    """The cookies of somebody who has just come in."""
    return desk.cookies.signed_in(admitted.tokens.refresh_token, admitted.device_cookie)


async def register(desk: Desk, call: Call) -> Answer:
    """201 with tokens; 202 when the address has to be proved first, taken or not."""
    body: RegisterBody = call.body
    visitor = desk.visitors.of(call)
    admitted = await desk.flows.register(
        body.first_name,
        body.last_name,
        body.email,
        body.password,
        visitor,
        desk.source.brought(call),
        body.locale or language_of(call, visitor.languages),
    )
    if admitted is None:
        return json_answer({}, ACCEPTED)
    return json_answer(signed_in_of(admitted.tokens), CREATED, admitted_headers(desk, admitted))


async def login(desk: Desk, call: Call) -> Answer:
    """200 with tokens and cookies."""
    body: LoginBody = call.body
    brought = desk.source.brought(call)
    admitted = await desk.flows.sign_in(body.email, body.password, desk.visitors.of(call), brought)
    return json_answer(signed_in_of(admitted.tokens), 200, admitted_headers(desk, admitted))


async def confirm(desk: Desk, call: Call) -> Answer:
    """Spend a link that proves an address."""
    body: HashBody = call.body
    await desk.flows.confirm_email(body.hash, desk.visitors.of(call))
    return Answer()


async def not_me(desk: Desk, call: Call) -> Answer:
    """The button of the new-device letter."""
    body: HashBody = call.body
    await desk.flows.not_me(body.hash, desk.visitors.of(call))
    return Answer()


def language_of(call: Call, accepted: str) -> str | None:
    """The language of the page on which somebody signs up; None when the browser names none."""
    remembered = call.cookie(COOKIE)
    return choose("", remembered, accepted).code if remembered or accepted else None
