"""The catalogue of this room: every code with which social sign-in may end on the front end's page."""

from auth_portal.core.refusal import Kind, Refused

PROVIDER_UNKNOWN = Refused(Kind.NOT_FOUND, "provider_unknown", "There is no such way to sign in.")
STATE_INVALID = Refused(
    Kind.REJECTED,
    "social_state_invalid",
    "This sign-in has expired or was begun elsewhere. Please try again.",
)
DENIED = Refused(Kind.REJECTED, "social_denied", "The sign-in was cancelled.")
PROVIDER_FAILED = Refused(
    Kind.REJECTED,
    "social_provider_failed",
    "The other service did not answer as it should. Please try again.",
)
EMAIL_UNVERIFIED = Refused(
    Kind.REJECTED,
    "social_email_unverified",
    "The other service did not vouch for an e-mail address. Verify one there, or sign in another way.",
)
LINK_FIRST = Refused(
    Kind.REJECTED, "social_link_first", "Please sign in the usual way and link this service in your settings."
)
RETURN_TO_REFUSED = Refused(
    Kind.REJECTED, "return_to_refused", "The page to return to afterwards is not one of ours."
)
CHALLENGE_INVALID = Refused(
    Kind.REJECTED, "code_challenge_invalid", "code_challenge must be the S256 of a verifier: 43 characters."
)
HANDOFF_UNBOUND = Refused(
    Kind.REJECTED, "handoff_unbound", "This code belongs to the browser or the app that began the sign-in."
)
TOKEN_INVALID = Refused(Kind.REJECTED, "social_token_invalid", "The provider's token was not accepted.")
RECENT_SIGN_IN_REQUIRED = Refused(
    Kind.FORBIDDEN, "recent_sign_in_required", "Please sign in again before you change this."
)
IDENTITY_TAKEN = Refused(
    Kind.REJECTED, "identity_taken", "That account of the other service is linked to somebody already."
)
IDENTITY_NOT_FOUND = Refused(Kind.NOT_FOUND, "identity_not_found", "There is no such linked account.")
LAST_SIGN_IN_METHOD = Refused(
    Kind.REJECTED,
    "last_sign_in_method",
    "This is the last way to sign in. Set a password or link another first.",
)
