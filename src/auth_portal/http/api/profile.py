"""Looking after one's own account."""

from auth_portal.core.ids import ID
from auth_portal.core.refusal import invalid
from auth_portal.http.answer import Answer, json_answer
from auth_portal.http.bodies import EmailBody, LeaveBody, ProfileBody
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.present import EventsShown, event_of, user_of
from auth_portal.http.query import read_query, whole

ACCEPTED = 202
NO_CONTENT = 204
MOST_EVENTS, USUAL_EVENTS = 100, 50


async def me(desk: Desk, call: Call) -> Answer:  # noqa: ARG001 -- every handler is given the desk
    """The user; the guard has read all of it already."""
    return json_answer(user_of(call.who.account))


async def change_names(desk: Desk, call: Call) -> Answer:
    """The user as they then are."""
    body: ProfileBody = call.body
    if body.first_name is None and body.last_name is None and body.locale is None:
        return json_answer(user_of(call.who.account))
    account = await desk.flows.change_names(
        call.who, body.first_name, body.last_name, body.locale, desk.visitors.of(call)
    )
    return json_answer(user_of(account))


async def change_email(desk: Desk, call: Call) -> Answer:
    """Asked for; nothing changes until the new address is proved."""
    body: EmailBody = call.body
    visitor = desk.visitors.of(call)
    await desk.flows.change_email(call.who, body.email, body.current_password, visitor)
    return Answer(ACCEPTED)


async def resend_confirmation(desk: Desk, call: Call) -> Answer:
    """The same answer whether or not a letter goes out."""
    await desk.flows.resend_confirmation(call.who, desk.visitors.of(call))
    return Answer(ACCEPTED)


async def list_events(desk: Desk, call: Call) -> Answer:
    """A page of one's own security events."""
    said = read_query(call)
    at_most = whole(said, "limit", 1, MOST_EVENTS, USUAL_EVENTS)
    before = said.get("before") or None
    if before is not None and ID.fullmatch(before) is None:
        raise invalid(before="before must be the id of an event")
    events = await desk.flows.list_events(call.who, before, at_most)
    return json_answer(EventsShown([event_of(event) for event in events]))


async def export(desk: Desk, call: Call) -> Answer:
    """Everything that is kept, as a file."""
    said = await desk.flows.export_data(call.who, desk.visitors.of(call))
    attached = ((b"content-disposition", b'attachment; filename="account.json"'),)
    return json_answer(said, 200, attached)


async def delete(desk: Desk, call: Call) -> Answer:
    """Gone, with every session."""
    body: LeaveBody = call.body
    await desk.flows.delete_account(call.who, body.current_password, desk.visitors.of(call))
    return Answer(NO_CONTENT, headers=(desk.cookies.refresh.clear(),))
