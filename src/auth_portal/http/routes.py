"""The table of routes: every address of the API on one screen."""

from auth_portal.http import bodies, health
from auth_portal.http import present as shown
from auth_portal.http.api import config, entry, passwords, profile, sessions, social
from auth_portal.http.pages import docs
from auth_portal.http.route import Guard, Query, Route, Says

NONE, ACCESS, REFRESH, ANY, OPERATOR = Guard
TOKENS = Says(200, "Signed in", shown.SignedIn, cookie=True)
USER = Says(200, "The user", shown.User)
EMPTY, GONE = Says(200, "Done"), Says(204, "Done")
ASKED = Says(202, "Asked for; nothing tells whether there was anything to do")
FRONT = Says(303, "To the front end's page", cookie=True)
DONE_CLEARED = Says(200, "Signed out", cookie=True)
TEXT: dict[str, object] = {"type": "string"}

# A table is read by its lines.
# fmt: off


def api_routes(prefix: str) -> list[Route]:
    """The JSON API, under its prefix."""
    auth = f"{prefix}/auth"
    return [
        *_entry_routes(auth),
        *_session_routes(auth),
        *_profile_routes(auth),
        *_social_routes(auth),
        Route("GET", f"{auth}/config", config.config, "Which ways in are on",
              (Says(200, "Settings that a sign-in page needs", shown.ConfigShown),), tag="entry"),
    ]


def _entry_routes(auth: str) -> list[Route]:
    created = Says(201, "Signed up and signed in", shown.SignedIn, cookie=True)
    prove = Says(202, "Prove the address first; the same whether or not it is taken", "application/json")
    return [
        Route("POST", f"{auth}/register", entry.register, "Sign up", (created, prove), NONE,
              bodies.REGISTER, "register", tag="entry"),
        Route("POST", f"{auth}/login", entry.login, "Sign in", (TOKENS,), NONE, bodies.LOGIN, "sign-in",
              (403,), tag="entry"),
        Route("POST", f"{auth}/email/confirm", entry.confirm, "Confirm an address by its link",
              (EMPTY,), NONE, bodies.HASH, "link", tag="entry"),
        Route("POST", f"{auth}/not-me", entry.not_me, "This sign-in was not me", (EMPTY,), NONE,
              bodies.HASH, "link", tag="entry"),
        Route("POST", f"{auth}/forgot/password", passwords.forgot, "Ask for a reset link", (EMPTY,),
              NONE, bodies.FORGOT, "forgot", tag="passwords"),
        Route("POST", f"{auth}/reset/password", passwords.reset, "Set a new password by its link",
              (EMPTY,), NONE, bodies.RESET, "link", tag="passwords"),
    ]


def _session_routes(auth: str) -> list[Route]:
    informed = Says(200, "Who is signed in", shown.InfoShown)
    listed = Says(200, "One's devices", shown.SessionsShown)
    ended = Says(200, "How many were ended", shown.EndedShown)
    out = Says(204, "Signed out", cookie=True)
    return [
        Route("POST", f"{auth}/refresh", sessions.refresh, "Rotate the tokens", (TOKENS,), REFRESH,
              bodies.REFRESH, tag="sessions"),
        Route("POST", f"{auth}/info-session", sessions.info_session, "Who is signed in, for servers",
              (informed,), REFRESH, bodies.REFRESH, tag="sessions"),
        Route("POST", f"{auth}/logout", sessions.logout, "Sign out here", (DONE_CLEARED,), ANY,
              bodies.REFRESH, tag="sessions"),
        Route("POST", f"{auth}/logout/all", sessions.logout_all, "Sign out everywhere", (DONE_CLEARED,),
              ACCESS, tag="sessions"),
        Route("GET", f"{auth}/sessions", sessions.list_sessions, "List one's devices", (listed,),
              ACCESS, tag="sessions"),
        Route("DELETE", f"{auth}/sessions", sessions.end_others, "Sign the other devices out", (ended,),
              ACCESS, tag="sessions"),
        Route("PATCH", f"{auth}/sessions/{{id}}", sessions.rename_session, "Name a device", (EMPTY,),
              ACCESS, bodies.RENAME, refuses=(404,), tag="sessions"),
        Route("DELETE", f"{auth}/sessions/{{id}}", sessions.end_session, "Sign a device out", (out,),
              ACCESS, refuses=(404,), tag="sessions"),
    ]


def _profile_routes(auth: str) -> list[Route]:
    events = Says(200, "Newest first", shown.EventsShown)
    export = Says(200, "Everything that is kept about the person", "application/json", file=True)
    left = Says(204, "Gone", cookie=True)
    paging = (
        Query("before", "The id of the last event that was seen", TEXT),
        Query(
            "limit",
            "How many",
            {
                "type": "integer",
                "minimum": 1,
                "maximum": profile.MOST_EVENTS,
                "default": profile.USUAL_EVENTS,
            },
        ),
    )
    return [
        Route("GET", f"{auth}/me", profile.me, "Who am I", (USER,), ACCESS, tag="profile"),
        Route("PATCH", f"{auth}/me", profile.change_names, "Change names and language", (USER,), ACCESS,
              bodies.PROFILE, tag="profile"),
        Route("DELETE", f"{auth}/me", profile.delete, "Delete the account", (left,), ACCESS,
              bodies.LEAVE, "sign-in", tag="profile"),
        Route("GET", f"{auth}/me/export", profile.export, "Take one's data along", (export,), ACCESS,
              None, "export", tag="profile"),
        Route("PUT", f"{auth}/me/password", passwords.change, "Change or set the password", (EMPTY,),
              ACCESS, bodies.PASSWORD, "sign-in", tag="passwords"),
        Route("PUT", f"{auth}/me/email", profile.change_email, "Ask for another address", (ASKED,),
              ACCESS, bodies.EMAIL, "sign-in", tag="profile"),
        Route("POST", f"{auth}/email/resend", profile.resend_confirmation,
              "Send the confirmation again", (ASKED,), ACCESS, tag="profile"),
        Route("GET", f"{auth}/events", profile.list_events, "One's own security events", (events,),
              ACCESS, query=paging, refuses=(400,), tag="profile"),
    ]


def _social_routes(auth: str) -> list[Route]:
    tokens = Says(200, "Signed in", shown.Exchanged, cookie=True)
    away = Says(302, "To the provider, or to the front end's page with an error", cookie=True)
    begin = (
        Query("code_challenge", "S256 of the front end's verifier (RFC 7636)", TEXT),
        Query("code_challenge_method", "S256, as when it is left out", {"type": "string", "enum": ["S256"]}),
        Query("return_to", "Where to land afterwards; only what the settings list", TEXT),
        Query("next", "The same as `return_to`", TEXT),
        Query("link", "The ticket of a linking", TEXT),
    )
    back = tuple(Query(name, "From the provider", TEXT) for name in ("state", "code", "error", "iss"))
    there = f"{auth}/{{provider}}"
    return [
        Route("POST", f"{auth}/social/exchange", social.exchange, "The hand-off's code for tokens",
              (tokens,), NONE, bodies.EXCHANGE, "social", tag="social"),
        Route("POST", f"{auth}/social/link", social.redeem_link, "Link what the provider has shown",
              (Says(200, "Linked", shown.IdentityShown),), ACCESS, bodies.REDEEM, tag="social"),
        Route("GET", f"{auth}/identities", social.identities, "What is linked",
              (Says(200, "Linked accounts", shown.IdentitiesShown),), ACCESS, tag="social"),
        Route("DELETE", f"{auth}/identities/{{id}}", social.unlink, "Unlink", (GONE,), ACCESS,
              refuses=(400, 404), tag="social"),
        Route("GET", there, social.start, "Sign in with a provider", (away,), NONE, None,
              refuses=(400, 404), query=begin, tag="social"),
        Route("GET", f"{there}/callback", social.callback, "Back from the provider", (FRONT,), NONE,
              None, refuses=(400, 404), query=back, tag="social"),
        Route("POST", f"{there}/nonce", social.nonce, "A nonce for a native client",
              (Says(200, "The nonce", shown.NonceShown),), NONE, None, "social", (404,), tag="social"),
        Route("POST", f"{there}/token", social.token, "Sign in with a provider's ID token", (TOKENS,),
              NONE, bodies.NATIVE, "social", (404,), tag="social"),
        Route("POST", f"{there}/link", social.begin_link, "Begin to link a provider",
              (Says(200, "Where to send the browser", shown.UrlShown),), ACCESS, bodies.LINK,
              refuses=(403, 404), tag="social"),
    ]


def house_routes() -> list[Route]:
    """What stands outside the prefix."""
    up = Says(200, "Yes", shown.Health)
    page = Says(200, "A page", "text/html")
    return [
        Route("GET", "/health/alive", health.alive, "The process answers", (up,), tag="operations"),
        Route("GET", "/health/ready", health.ready, "It can serve", (up,), tag="operations"),
        Route("GET", "/metrics", health.metrics, "Counters for Prometheus",
              (Says(200, "The counters", "text/plain"),), OPERATOR, tag="operations"),
        Route("GET", "/version", health.version, "Which version runs",
              (Says(200, "Name and version", "application/json"),), OPERATOR, tag="operations"),
        Route("GET", "/.well-known/jwks.json", health.jwks, "The public keys",
              (Says(200, "A JWK set (RFC 7517)", "application/json"),), tag="operations"),
        Route("GET", "/.well-known/change-password", health.change_password,
              "Where passwords are changed", (FRONT,), tag="operations"),
        Route("GET", "/openapi.json", docs.document, "This document",
              (Says(200, "OpenAPI 3.1", "application/json"),), tag="operations"),
        Route("GET", "/docs", docs.page, "The API, to read", (page,), documented=False),
        Route("GET", "/docs/errors", docs.errors, "Every code of an error", (page,), documented=False),
        Route("GET", "/docs/reference.css", docs.stylesheet, "Its style", (page,), documented=False),
    ]


# fmt: on
