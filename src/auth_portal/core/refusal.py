"""The expected "no": a stable code and a human sentence for the caller, a private cause for us."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum


class Kind(Enum):
    """Which sort of no it is; `http/problems.py` gives each its status."""

    INVALID = "invalid"  # a field is wrong: 400 with `errors`
    REJECTED = "rejected"  # the request is well formed, the answer is no: 400
    UNAUTHENTICATED = "unauthenticated"  # 401, one answer for every cause
    FORBIDDEN = "forbidden"  # 403
    NOT_FOUND = "not_found"  # 404
    TOO_MANY = "too_many"  # 429 with Retry-After
    UNAVAILABLE = "unavailable"  # 503 with Retry-After


@dataclass(frozen=True, slots=True)
class Refused:
    """One entry of the catalogue: made once at module level, raised through `Refusal`."""

    kind: Kind
    code: str
    sentence: str


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 -- the field's word for it is refusal, it is no error
    """Raised by flows when the answer is no. Raising it never undoes what was written before.

    `errors` maps field names (as clients write them) to what is wrong with each; `retry_after` is
    given with TOO_MANY and UNAVAILABLE; `cause` goes to the log and never to the caller. `untouched`
    says that what was wanted did certainly not happen and will not: without it an UNAVAILABLE change
    may have been carried out, or may be later.
    """

    refused: Refused
    errors: dict[str, list[str]] = field(default_factory=dict)
    retry_after: timedelta | None = None
    cause: str = ""
    untouched: bool = False

    def __str__(self) -> str:
        """For logs: the code and the private cause."""
        return f"{self.refused.code} ({self.cause})" if self.cause else self.refused.code


VALIDATION = Refused(Kind.INVALID, "validation", "Some fields are not right.")
UNAUTHORIZED = Refused(Kind.UNAUTHENTICATED, "unauthorized", "Unauthorized")
UNAVAILABLE = Refused(Kind.UNAVAILABLE, "unavailable", "Please try again in a moment.")
TOO_MANY_REQUESTS = Refused(Kind.TOO_MANY, "too_many_requests", "Too many attempts. Please try again later.")
INVALID_CREDENTIALS = Refused(Kind.REJECTED, "invalid_credentials", "email or password is incorrect")
WRONG_CURRENT_PASSWORD = Refused(Kind.INVALID, "invalid_credentials", "The current password is incorrect.")
LINK_INVALID = Refused(Kind.REJECTED, "link_invalid", "expired token")


def invalid(**errors: str | list[str]) -> Refusal:
    """A validation refusal: `invalid(email="email Already Exists")`."""
    said = {name: [text] if isinstance(text, str) else text for name, text in errors.items()}
    return Refusal(VALIDATION, errors=said)


def unauthorized(cause: str) -> Refusal:
    """The one 401: the same for every cause, which only the log learns."""
    return Refusal(UNAUTHORIZED, cause=cause)


def unavailable(cause: str, seconds: float = 1, *, untouched: bool = False) -> Refusal:
    """A 503: a part we need is not there just now."""
    return Refusal(UNAVAILABLE, retry_after=timedelta(seconds=seconds), cause=cause, untouched=untouched)
