"""ID tokens from a provider that lies about each claim in turn, fetched over real HTTP."""

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.responses import JSONResponse, Response

from auth_portal.core.clock import system_clock
from auth_portal.core.refusal import Refusal
from auth_portal.core.secrets import encode
from auth_portal.entry.social import FOR_THE_PROVIDER
from auth_portal.social.provider import Profile
from auth_portal.social.providers.oidc import OidcProvider
from auth_portal.social.providers.registry import Providers
from auth_portal.social.rules import ProviderRules, SocialRules
from tests.rig.providers.faults import breaks, stalls
from tests.rig.providers.oidc import KEY, OTHER_KEY, Claims, Lies, OpenIdStandIn

NONCE = "n" * 43
VERIFIER = "v" * 43


@pytest.fixture(scope="module")
def stage() -> Iterator[OpenIdStandIn]:
    """The provider, with one person."""
    with OpenIdStandIn().serving() as provider:
        provider.add("ada", email="Ada@Example.com", email_verified=True, given_name="Ada", locale="en")
        yield provider


@pytest.fixture
def provider(stage: OpenIdStandIn) -> OpenIdStandIn:
    """The same, honest again."""
    stage.lies = Lies()
    return stage


def with_ours(there: OpenIdStandIn, use: Callable[[OidcProvider], Awaitable[Profile]]) -> Profile:
    """Use our side of it once, with fresh caches."""

    async def once() -> Profile:
        mine = ProviderRules(
            "acme",
            "oidc",
            "Acme",
            there.client_id,
            there.client_secret,
            "http://127.0.0.1/cb",
            there.url,
            native_client_ids=("app-1",),
        )
        providers = Providers.under(SocialRules((mine,), allow_http=True), system_clock)
        try:
            found = providers.named("acme")
            assert isinstance(found, OidcProvider)
            return await use(found)
        finally:
            await providers.close()

    return asyncio.run(once())


def fetch(there: OpenIdStandIn) -> Profile:
    """The code flow, from a code that the provider gave out for our challenge, in the time it has."""
    there.codes["code"] = {
        "sub": "ada",
        "nonce": NONCE,
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "redirect_uri": "http://127.0.0.1/cb",
    }

    async def redeem(mine: OidcProvider) -> Profile:
        async with asyncio.timeout(mine.http.timeout.total_seconds() * FOR_THE_PROVIDER):
            return await mine.fetch_profile("code", verifier=VERIFIER, nonce=NONCE)

    return with_ours(there, redeem)


def refusal(there: OpenIdStandIn) -> Refusal:
    """What fetching ends with."""
    with pytest.raises(Refusal) as caught:
        fetch(there)
    assert caught.value.refused.code == "social_provider_failed"
    return caught.value


def with_claims(**changed: Any) -> Lies:
    """Claims that are different; None takes one away."""

    def change(claims: Claims) -> Claims:
        return {name: value for name, value in {**claims, **changed}.items() if value is not None}

    return Lies(claims=change)


def test_an_honest_token_tells_who_it_is(provider: OpenIdStandIn) -> None:
    profile = fetch(provider)
    assert (profile.subject, profile.first_name, profile.locale) == ("ada", "Ada", "en")
    assert [(one.address, one.verified) for one in profile.emails] == [("ada@example.com", True)]


@pytest.mark.row("SO6")
@pytest.mark.parametrize(
    ("cause", "changed"),
    [
        ("iss", {"iss": "https://evil.example"}),
        ("iss", {"iss": None}),
        ("iss", {"iss": ["a"]}),
        ("aud", {"aud": "another-client"}),
        ("aud", {"aud": None}),
        ("aud", {"aud": []}),
        ("aud", {"aud": ["another-client"]}),
        ("aud", {"aud": [{"a": 1}, "portal-client"]}),
        ("azp", {"aud": ["portal-client", "another-client"]}),
        ("azp", {"azp": "another-client"}),
        ("nonce", {"nonce": "another"}),
        ("nonce", {"nonce": None}),
        ("nonce", {"nonce": 1}),
        ("exp", {"exp": int(time.time()) - 120}),
        ("exp", {"exp": None}),
        ("exp", {"exp": "4102444800"}),
        ("exp", {"exp": True}),
        ("exp", {"exp": float("nan")}),
        ("iat", {"iat": int(time.time()) + 7200}),
        ("iat", {"iat": 1}),
        ("iat", {"iat": None}),
        ("nbf", {"nbf": int(time.time()) + 7200}),
        ("at_hash", {"at_hash": "wrong"}),
        ("subject", {"sub": ""}),
        ("subject", {"sub": None}),
        ("subject", {"sub": 7}),
        ("subject", {"sub": "x" * 256}),
        ("subject", {"sub": "ada\u0000"}),
    ],
)
def test_a_claim_that_is_wrong_is_refused(
    provider: OpenIdStandIn, cause: str, changed: dict[str, Any]
) -> None:
    provider.lies = with_claims(**changed)
    assert cause in refusal(provider).cause


def hs256(claims: Claims) -> str:
    """Signed with the client's secret, which other parties may hold."""
    return jwt.encode(
        {"alg": "HS256"}, claims, OctKey.import_key("portal-secret-that-is-long-enough-for-hs256")
    )


def unsigned(claims: Claims) -> str:
    """`alg: none`."""
    return ".".join([encode(b'{"alg":"none"}'), jwt.encode({"alg": "RS256"}, claims, KEY).split(".")[1], ""])


def public_as_secret(claims: Claims) -> str:
    """HS256 keyed with the provider's public key."""
    body = encode(b'{"alg":"HS256","kid":"stand-in-1"}') + "." + encode(json.dumps(claims).encode())
    return f"{body}.{encode(hmac.digest(KEY.as_pem(private=False), body.encode(), 'sha256'))}"


SIGNERS: dict[str, Callable[[Claims], str]] = {
    "HS256 with the client secret": hs256,
    "HS256 with the public key": public_as_secret,
    "none": unsigned,
    "a key of another set": lambda claims: jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, OTHER_KEY),
    "an unknown kid": lambda claims: jwt.encode({"alg": "RS256", "kid": "nobody"}, claims, OTHER_KEY),
    "a key of its own in the header": lambda claims: jwt.encode(
        {"alg": "RS256", "jwk": {**OTHER_KEY.as_dict(private=False)}}, claims, OTHER_KEY
    ),
    "no JWT at all": lambda claims: f"junk{len(claims)}",
    "a broken signature": lambda claims: (
        jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, KEY)[:-8] + "AAAAAAAA"
    ),
}


@pytest.mark.row("SO6")
@pytest.mark.parametrize("signer", sorted(SIGNERS))
def test_a_signature_that_is_not_the_providers_is_refused(provider: OpenIdStandIn, signer: str) -> None:
    provider.lies = Lies(sign=SIGNERS[signer])
    assert "ID token" in refusal(provider).cause


@pytest.mark.parametrize(
    "extra",
    [{"client_id": "x"}, {"app_id": "x"}, {"cat": "x"}, {"x5c": ["A" * 1200]}],
    ids=lambda extra: next(iter(extra)),
)
def test_what_a_header_says_beyond_what_we_know_is_no_matter(
    provider: OpenIdStandIn, extra: dict[str, Any]
) -> None:
    """RFC 7515 section 4; Kanidm, CyberArk and Clerk write such parameters."""
    provider.lies = Lies(sign=signer_with(extra))
    assert fetch(provider).subject == "ada"


@pytest.mark.row("SO6")
def test_what_a_header_says_is_critical_must_be_known(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(sign=signer_with({"crit": ["exp-2"], "exp-2": 1}))
    assert "ID token" in refusal(provider).cause


def signer_with(extra: dict[str, Any]) -> Callable[[Claims], str]:
    """Signs honestly, under a header that says more, whatever it is."""

    def sign(claims: Claims) -> str:
        parts = ({"alg": "RS256", "kid": KEY.kid, **extra}, claims)
        body = ".".join(encode(json.dumps(part).encode()) for part in parts)
        signature = KEY.private_key.sign(body.encode(), PKCS1v15(), SHA256())
        return f"{body}.{encode(signature)}"

    return sign


@pytest.mark.row("SO15")
def test_keys_of_no_kind_are_passed_over(provider: OpenIdStandIn) -> None:
    strange = [
        None,
        [],
        {"kty": ["RSA"]},
        {"kty": {}},
        {"kty": "RSA", "n": 5},
        {"kty": "EC", "crv": ["P-256"]},
    ]

    async def keys() -> Response:
        return JSONResponse({"keys": [*strange, KEY.as_dict(private=False)]})

    provider.lies = Lies(instead={"jwks": keys})
    assert fetch(provider).subject == "ada"


@pytest.mark.row("SO7")
@pytest.mark.parametrize("told", [False, None, "true", "True", 1, [True], {"a": True}])
def test_only_the_value_true_is_verified(provider: OpenIdStandIn, told: object) -> None:
    lie = with_claims(email_verified=told).claims
    provider.lies = Lies(claims=lie, userinfo=lie)
    assert [one.verified for one in fetch(provider).emails] == [False]


def test_a_thin_token_is_completed_from_userinfo(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(thin=True)
    assert [one.address for one in fetch(provider).emails] == ["ada@example.com"]


def without_flag(claims: Claims) -> Claims:
    """As providers write ID tokens that leave the rest to userinfo (Okta, Authelia)."""
    return {name: value for name, value in claims.items() if name != "email_verified"}


@pytest.mark.row("SO7")
def test_whether_an_address_is_verified_may_stand_in_userinfo(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(claims=without_flag)
    assert [(one.address, one.verified) for one in fetch(provider).emails] == [("ada@example.com", True)]


@pytest.mark.row("SO7")
def test_an_address_and_its_flag_come_from_one_place(provider: OpenIdStandIn) -> None:
    of_userinfo = {"sub": "ada", "email": "other@example.com", "email_verified": True}
    provider.lies = Lies(claims=without_flag, userinfo=lambda _: of_userinfo)
    assert [(one.address, one.verified) for one in fetch(provider).emails] == [("other@example.com", True)]
    provider.lies = Lies(claims=without_flag, userinfo=lambda _: {"sub": "ada", "email_verified": True})
    assert [(one.address, one.verified) for one in fetch(provider).emails] == [("ada@example.com", False)]


def test_a_userinfo_that_is_away_keeps_nobody_out_whose_token_has_an_address(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(claims=without_flag, instead={"userinfo": breaks})
    assert [(one.address, one.verified) for one in fetch(provider).emails] == [("ada@example.com", False)]
    provider.lies = Lies(thin=True, instead={"userinfo": breaks})
    assert "userinfo" in refusal(provider).cause


def test_a_userinfo_that_stalls_is_not_waited_for_longer_than_a_sign_in_has(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(claims=without_flag, instead={"userinfo": stalls})
    assert [(one.address, one.verified) for one in fetch(provider).emails] == [("ada@example.com", False)]


@pytest.mark.row("SO6")
def test_userinfo_of_another_person_is_refused(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(thin=True, userinfo=lambda claims: {**claims, "sub": "mallory"})
    assert "another subject" in refusal(provider).cause


def test_userinfo_cannot_replace_a_signed_claim(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(thin=True, userinfo=lambda claims: {**claims, "iss": "https://evil.example"})
    assert fetch(provider).subject == "ada"


@pytest.mark.row("SO5")
def test_a_discovery_document_that_speaks_for_another_is_refused(provider: OpenIdStandIn) -> None:
    provider.lies = Lies(metadata={"issuer": "https://evil.example"})
    assert "another issuer" in refusal(provider).cause


def test_a_native_token_needs_an_audience_of_the_list(provider: OpenIdStandIn) -> None:
    good = provider.id_token("ada", "app-1", NONCE)
    assert with_ours(provider, lambda mine: mine.verify_id_token(good, nonce=NONCE)).subject == "ada"
    for audience in (provider.client_id, "app-2"):
        other = provider.id_token("ada", audience, NONCE)
        with pytest.raises(Refusal, match="aud"):
            with_ours(provider, lambda mine, shown=other: mine.verify_id_token(shown, nonce=NONCE))


def test_a_native_token_may_be_asked_for_by_an_app_of_ours(provider: OpenIdStandIn) -> None:
    mine = provider.id_token("ada", "app-1", NONCE, azp=provider.client_id)
    assert with_ours(provider, lambda ours: ours.verify_id_token(mine, nonce=NONCE)).subject == "ada"
    foreign = provider.id_token("ada", "app-1", NONCE, azp="app-2")
    with pytest.raises(Refusal, match="azp"):
        with_ours(provider, lambda ours: ours.verify_id_token(foreign, nonce=NONCE))
