"""Signing in through providers, and linking them."""

from auth_portal.http.answer import Answer, RawHeaders, json_answer, redirect
from auth_portal.http.api.entry import admitted_headers
from auth_portal.http.bodies import ExchangeBody, LinkBody, NativeBody, RedeemBody
from auth_portal.http.call import Call
from auth_portal.http.desk import Desk
from auth_portal.http.present import (
    Exchanged,
    IdentitiesShown,
    NonceShown,
    UrlShown,
    identity_of,
    instant,
    signed_in_of,
)
from auth_portal.http.query import read_query
from auth_portal.http.refusals import HttpRefusal

FOUND, SEE_OTHER = 302, 303
NO_CONTENT = 204


async def start(desk: Desk, call: Call) -> Answer:
    """To the provider; from there the browser returns with the state cookie that is set here."""
    try:
        said = read_query(call)
    except HttpRefusal as refusal:  # the browser is on its way to a page here as well
        return redirect(f"{desk.rules.frontend}/auth/social?error={refusal.fault.code}", FOUND)
    begun = await desk.flows.social_start(
        call.parameters["provider"],
        desk.visitors.of(call),
        code_challenge=said.get("code_challenge"),
        challenge_method=said.get("code_challenge_method"),
        return_to=said.get("return_to") or said.get("next"),
        link=said.get("link"),
        cookie=desk.cookies.state.read(call) or None,
    )
    cookies: list[tuple[bytes, bytes]] = []
    if begun.state_cookie is not None:
        cookies.append(desk.cookies.state.set(begun.state_cookie))
    if begun.social_cookie is not None:
        cookies.append(desk.cookies.social.set(begun.social_cookie))
    return redirect(begun.url, FOUND, tuple(cookies))


async def callback(desk: Desk, call: Call) -> Answer:
    """Back from the provider, on to the front end; 303, so that nothing is posted twice."""
    arrived = await desk.flows.social_callback(
        call.parameters["provider"],
        _told(call),
        desk.cookies.state.read(call) or None,
        desk.visitors.of(call),
    )
    more: RawHeaders = () if arrived.admitted is None else admitted_headers(desk, arrived.admitted)
    return redirect(arrived.url, SEE_OTHER, more)


async def exchange(desk: Desk, call: Call) -> Answer:
    """The code of the hand-off for tokens."""
    body: ExchangeBody = call.body
    admitted = await desk.flows.social_exchange(
        body.code,
        body.code_verifier,
        _social_cookie(desk, call),
        desk.visitors.of(call),
        desk.source.brought(call),
    )
    said = signed_in_of(admitted.tokens)
    lives = int(desk.rules.refresh_lifetime.total_seconds() * 1000)
    # The cookie of the hand-off stays: another tab may be on its way back with a code of its own.
    exchanged = Exchanged(said.token, said.refresh_token, said.token_expires, lives)
    return json_answer(exchanged, 200, admitted_headers(desk, admitted))


async def nonce(desk: Desk, call: Call) -> Answer:
    """For a native client."""
    issued = await desk.flows.issue_nonce(call.parameters["provider"], desk.visitors.of(call))
    return json_answer(NonceShown(issued.token, instant(issued.expires_at)))


async def token(desk: Desk, call: Call) -> Answer:
    """A native client's ID token for tokens of ours."""
    body: NativeBody = call.body
    admitted = await desk.flows.native_sign_in(
        call.parameters["provider"],
        body.id_token,
        body.nonce,
        desk.visitors.of(call),
        desk.source.brought(call),
    )
    return json_answer(signed_in_of(admitted.tokens), 200, admitted_headers(desk, admitted))


async def identities(desk: Desk, call: Call) -> Answer:
    """What is linked."""
    linked = await desk.flows.list_identities(call.who)
    shown = [identity_of(one, desk.labels.get(one.provider, one.provider)) for one in linked.identities]
    return json_answer(IdentitiesShown(shown, linked.has_password))


async def begin_link(desk: Desk, call: Call) -> Answer:
    """Where to send the browser in order to link one more."""
    body: LinkBody = call.body
    visitor = desk.visitors.of(call)
    url = await desk.flows.begin_link(call.parameters["provider"], call.who, visitor, body.return_to)
    return json_answer(UrlShown(url))


async def redeem_link(desk: Desk, call: Call) -> Answer:
    """The signed-in person says that the linking is meant."""
    body: RedeemBody = call.body
    identity = await desk.flows.redeem_link(call.who, body.code, desk.visitors.of(call))
    return json_answer(identity_of(identity, desk.labels.get(identity.provider, identity.provider)))


async def unlink(desk: Desk, call: Call) -> Answer:
    """Never the last way in."""
    await desk.flows.unlink(call.who, call.parameters["id"], desk.visitors.of(call))
    return Answer(NO_CONTENT)


def _social_cookie(desk: Desk, call: Call) -> str | None:
    """Only from a page that may use it, like every cookie that counts as proof."""
    if not desk.origins.trusts_cookie(call):
        return None
    return desk.cookies.social.read(call) or None


def _told(call: Call) -> dict[str, str]:
    """What the provider says; what no provider would say has no state, and ends as that does.

    The browser is on its way to a page: it must not strand on a problem document of ours.
    """
    try:
        return read_query(call)
    except HttpRefusal:
        return {}
