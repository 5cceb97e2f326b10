"""What an operator should know of the providers before anybody signs in: asked by `doctor`."""

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from auth_portal.core.clock import Clock
from auth_portal.core.refusal import Refusal
from auth_portal.social.http_client import Answer, HttpClient, trusted_roots
from auth_portal.social.providers.metadata import OK, Metadata
from auth_portal.social.rules import ProviderRules, SocialRules

SKEW = timedelta(seconds=20)  # ID tokens are judged with 30 s of leeway


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; something `good` with a `fix` works, but somebody should know."""

    good: bool
    said: str
    fix: str = ""


async def check_provider(mine: ProviderRules, rules: SocialRules, clock: Clock) -> list[Finding]:
    """Where the provider sends people back to, whether it answers, and whether our clocks agree."""
    found = [_redirect(mine, rules)]
    http = HttpClient.under(rules, trusted_roots())
    try:
        if mine.kind == "github":
            answer = await http.get(f"{mine.api}/meta", headers={"user-agent": "auth-portal"})
            found.append(Finding(good=True, said=f"{mine.name}: {mine.api} answers"))
        else:
            answer = await http.get(f"{mine.issuer}/.well-known/openid-configuration")
            found.append(_discovery(mine, http, answer))
        found.append(_clock(mine, answer, clock))
    except Refusal as refusal:
        fix = "see that the address is right and that this machine may reach it"
        found.append(Finding(good=False, said=f"{mine.name}: {refusal.cause}", fix=fix))
    finally:
        await http.close()
    return found


def _redirect(mine: ProviderRules, rules: SocialRules) -> Finding:
    """The redirect URI leads to us; the provider has to know it letter by letter."""
    ours = f"{rules.base}/{mine.name}/callback"
    if mine.callback == ours:
        return Finding(good=True, said=f"{mine.name}: register the redirect URI {ours} at the provider")
    said = f"{mine.name}: the redirect URI {mine.callback} is not {ours}"
    return Finding(
        good=False, said=said, fix="unless a proxy leads the one to the other, leave the variable out"
    )


def _discovery(mine: ProviderRules, http: HttpClient, answer: Answer) -> Finding:
    """The discovery document is there, speaks for this issuer, and names no PKCE but ours.

    Raises `provider_failed` when it sends people to where they must not go.
    """
    fix = f"the issuer of {mine.name} must be exactly what its discovery document says"
    try:
        document = msgspec.convert(answer.body, Metadata)
    except msgspec.ValidationError as error:
        return Finding(good=False, said=f"{mine.name}: no discovery document: {error}", fix=fix)
    if answer.status != OK or document.issuer.rstrip("/") != mine.issuer.rstrip("/"):
        return Finding(good=False, said=f"{mine.name}: the document speaks for {document.issuer}", fix=fix)
    http.check(document.authorization_endpoint)
    methods = answer.body.get("code_challenge_methods_supported") if isinstance(answer.body, dict) else None
    if isinstance(methods, list) and "S256" not in methods:
        said = f"{mine.name}: publishes itself, without PKCE by S256, which is always sent"
        return Finding(good=True, said=said, fix="see that it takes no offence; a newer version may know it")
    return Finding(good=True, said=f"{mine.name}: {mine.issuer} publishes itself")


def _clock(mine: ProviderRules, answer: Answer, clock: Clock) -> Finding:
    """A clock that is off makes every ID token look expired, or from the future."""
    if answer.told_at is None:
        return Finding(good=True, said=f"{mine.name}: tells no time")
    off = abs(clock() - answer.told_at)
    if off > SKEW:
        said = f"{mine.name}: our clock and the provider's are {off.total_seconds():.0f} s apart"
        return Finding(good=False, said=said, fix="set the clock of this machine by NTP")
    return Finding(good=True, said=f"{mine.name}: our clocks agree")
