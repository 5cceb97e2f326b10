"""The parts of OAuth 2 and OpenID Connect that Authlib writes for us, with types.

Authlib brings all its seventy modules along, so it is imported when somebody comes through a provider.
"""

from collections.abc import Sequence


def authorization_url(
    endpoint: str,
    *,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    state: str,
    challenge: str,
    **more: str,
) -> str:
    """The authorization request (RFC 6749 4.1.1) with PKCE S256 (RFC 7636 4.3)."""
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # noqa: PLC0415 -- see above

    url: str = prepare_grant_uri(  # type: ignore[no-untyped-call]
        endpoint,
        client_id,
        "code",
        redirect_uri=redirect_uri,
        scope=" ".join(scopes),
        state=state,
        code_challenge=challenge,
        code_challenge_method="S256",
        **more,
    )
    return url


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier: 43 characters of base64url (RFC 7636 4.2)."""
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415 -- see above

    challenge: str = create_s256_code_challenge(verifier)  # type: ignore[no-untyped-call]
    return challenge


def half_hash(access_token: str, algorithm: str) -> str | None:
    """The `at_hash` that belongs to an access token (OpenID Connect Core 3.1.3.6); None: unknown."""
    from authlib.oidc.core.util import create_half_hash  # noqa: PLC0415 -- see above

    half: bytes | None = create_half_hash(access_token, algorithm)  # type: ignore[no-untyped-call]
    return None if half is None else half.decode("ascii")
