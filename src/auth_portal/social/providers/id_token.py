"""Reading an ID token: the signature by a key of the provider's, then every claim that matters."""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from auth_portal.social.protocol import half_hash
from auth_portal.social.provider import provider_failed

# Never HS*: the "key" would be a secret that other clients may hold. Never none (RFC 8725 3.1).
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
# Header parameters that we do not know are no matter, unless `crit` names them (RFC 7515 section 4), and
# a chain of certificates (`x5c`) may be among them.
HEADERS = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
HEADERS.max_header_length = 16_384  # bytes
LEEWAY = timedelta(seconds=30)
OLDEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the claims must say. `parties` are the clients that may have asked for the token."""

    issuers: Collection[str]
    audiences: Collection[str]
    parties: Collection[str]
    nonce: str
    access_token: str | None = None


def claims_of(token: str, key: Key, expected: Expected, now: datetime) -> dict[str, object]:
    """The claims of a valid token (OpenID Connect Core 3.1.3.7). Raises `provider_failed`."""
    try:
        read = jwt.decode(token, key, registry=HEADERS)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise provider_failed(f"ID token: {type(error).__name__}") from None
    claims: dict[str, object] = dict(read.claims)
    _check_parties(claims, expected)
    _check_times(claims, now)
    if not _same(claims.get("nonce"), expected.nonce):
        raise provider_failed("ID token: nonce")
    _check_half_hash(claims, str(read.header.get("alg")), expected.access_token)
    return claims


def _check_parties(claims: Mapping[str, object], expected: Expected) -> None:
    """`iss`, `aud` and `azp`: made by whom we asked, for us, and asked for by us."""
    if claims.get("iss") not in expected.issuers:
        raise provider_failed("ID token: iss")
    told = claims.get("aud")
    audiences = told if isinstance(told, list) else [told]
    if not all(isinstance(one, str) for one in audiences) or not set(audiences) & set(expected.audiences):
        raise provider_failed("ID token: aud")
    party = claims.get("azp")
    if party is None and len(audiences) > 1:
        raise provider_failed("ID token: several audiences and no azp")
    if party is not None and party not in expected.parties:
        raise provider_failed("ID token: azp")


def _check_times(claims: Mapping[str, object], now: datetime) -> None:
    """`exp` lies ahead, `iat` and `nbf` do not, and the token is of today."""
    seconds = now.timestamp()
    leeway = LEEWAY.total_seconds()
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    if expires is None or expires + leeway <= seconds:
        raise provider_failed("ID token: exp")
    if issued is None or not seconds - OLDEST.total_seconds() <= issued <= seconds + leeway:
        raise provider_failed("ID token: iat")
    if "nbf" in claims:
        starts = _instant(claims, "nbf")
        if starts is None or starts > seconds + leeway:
            raise provider_failed("ID token: nbf")


def _instant(claims: Mapping[str, object], claim: str) -> float | None:
    """Seconds since the epoch; None for what is no finite number (true, "1", NaN, 1e400)."""
    told = claims.get(claim)
    if isinstance(told, bool) or not isinstance(told, int | float):
        return None
    return float(told) if -1e15 < told < 1e15 else None  # noqa: PLR2004 -- NaN fails both comparisons


def _check_half_hash(claims: Mapping[str, object], algorithm: str, access_token: str | None) -> None:
    """`at_hash`, where the provider gives one: this access token came with this ID token."""
    told = claims.get("at_hash")
    if told is None or access_token is None:
        return
    if algorithm == "Ed25519":
        algorithm = "EdDSA"
    half = half_hash(access_token, algorithm)
    if half is None or not _same(told, half):
        raise provider_failed("ID token: at_hash")


def _same(told: object, expected: str) -> bool:
    """Equal texts, compared without telling where they differ."""
    # JSON can hold half a surrogate pair, which has no UTF-8 form: it is compared, not raised about.
    return isinstance(told, str) and hmac.compare_digest(told.encode(errors="replace"), expected.encode())
