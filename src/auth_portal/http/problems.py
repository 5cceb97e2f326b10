"""How a no is said: RFC 9457 problem details, with the fields that existing clients read beside them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from auth_portal.core.refusal import Kind, Refusal, Refused
from auth_portal.http.answer import PROBLEM, Answer, RawHeaders, encode
from auth_portal.http.refusals import Fault, HttpRefusal

STATUS = {
    Kind.INVALID: 400,
    Kind.REJECTED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
WAITING = {Kind.TOO_MANY: timedelta(seconds=60), Kind.UNAVAILABLE: timedelta(seconds=1)}
BEARER: RawHeaders = ((b"www-authenticate", b"Bearer"),)


def as_fault(refused: Refused) -> Fault:
    """An entry of the catalogue with its status."""
    return Fault(STATUS[refused.kind], refused.code, refused.sentence)


@dataclass(frozen=True)
class Problems:
    """Renders refusals. `about` is the address of the list of codes, to which `type` points."""

    about: str
    _ready: dict[Fault, bytes] = field(default_factory=dict, repr=False)

    def refusal(self, refusal: Refusal) -> Answer:
        """What a flow refused. The private cause stays here."""
        refused = refusal.refused
        fault = as_fault(refused)
        if refused.kind in WAITING:
            return self._waiting(fault, refusal.retry_after or WAITING[refused.kind])
        if refusal.errors:
            errors = {name: ", ".join(said) for name, said in refusal.errors.items()}
            return Answer(fault.status, encode(self.said(fault, {"errors": errors})), PROBLEM)
        more = BEARER if refused.kind is Kind.UNAUTHENTICATED else ()
        return self.fault(fault, more)

    def http_refusal(self, refusal: HttpRefusal) -> Answer:
        """What this room refused itself."""
        return self.fault(refusal.fault, refusal.headers)

    def fault(self, fault: Fault, more: RawHeaders = ()) -> Answer:
        """The same bytes each time: one answer for every cause (SECURITY.md, 401*)."""
        body = self._ready.get(fault)
        if body is None:
            body = self._ready[fault] = encode(self.said(fault, {}))
        return Answer(fault.status, body, PROBLEM + more)

    def said(self, fault: Fault, more: Mapping[str, object]) -> dict[str, object]:
        """The fields of the body, in the order in which people read them."""
        return {
            "type": f"{self.about}#{fault.code}",
            "title": HTTPStatus(fault.status).phrase,
            "status": fault.status,
            "detail": fault.sentence,
            "code": fault.code,
            "statusCode": fault.status,
            "message": fault.sentence,
            **more,
        }

    def _waiting(self, fault: Fault, how_long: timedelta) -> Answer:
        """With the whole seconds after which to try again, at least one."""
        seconds = max(1, math.ceil(how_long.total_seconds()))
        more = ((b"retry-after", str(seconds).encode()),)
        return Answer(fault.status, encode(self.said(fault, {"retryAfter": seconds})), PROBLEM + more)
