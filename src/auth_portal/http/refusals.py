"""The catalogue of this room: what is refused because of how it was asked, whatever was asked for."""

from dataclasses import dataclass, field

from auth_portal.core.refusal import Kind, Refused


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry for which the flows have no kind: it speaks of HTTP itself."""

    status: int
    code: str
    sentence: str


@dataclass(eq=False)
class HttpRefusal(Exception):  # noqa: N818 -- as core.refusal.Refusal
    """Raised while a request is being read; `headers` go with the answer."""

    fault: Fault
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())


NOT_FOUND = Fault(404, "not_found", "There is nothing at this address.")
METHOD_NOT_ALLOWED = Fault(405, "method_not_allowed", "This address does not answer to that method.")
REQUEST_TIMEOUT = Fault(408, "request_timeout", "The body did not arrive in time.")
TOO_LARGE = Fault(413, "body_too_large", "The body is too large.")
NOT_JSON = Fault(415, "unsupported_media_type", "Only application/json is understood here.")
INTERNAL = Fault(500, "internal_error", "Something went wrong on our side.")
MALFORMED_BODY = Fault(400, "malformed_body", "The body is not a JSON object, or not well formed.")
BAD_REQUEST = Fault(400, "bad_request", "The request is not well formed.")

TOKENS_DIFFER = Refused(
    Kind.REJECTED, "refresh_tokens_differ", "Two different refresh tokens were sent. Please send one."
)
CROSS_SITE = Refused(Kind.FORBIDDEN, "cross_site", "This request came from a page that may not send it.")
OPERATORS_ONLY = Refused(Kind.FORBIDDEN, "operators_only", "This is for the operators of the server.")
