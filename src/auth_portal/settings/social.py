"""Reads which providers there are: Google, GitHub, and any OpenID provider by three variables."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from auth_portal.settings.reader import Reader, is_in_clear, is_loopback, parse_url
from auth_portal.social.return_to import is_entry
from auth_portal.social.rules import ProviderRules, SocialRules

NAMED = re.compile(r"OIDC_([A-Z0-9]+(?:_[A-Z0-9]+)*?)_ISSUER")
PART = re.compile(r"(OIDC_.+)_(?:ISSUER|CLIENT_ID|CLIENT_SECRET)", re.IGNORECASE)
RESERVED = {"register", "login", "refresh", "logout", "me", "email", "forgot", "reset", "social"}
RESERVED |= {"sessions", "events", "identities", "config", "not-me", "info-session", "google", "github"}


def read_social(reader: Reader, backend: str, prefix: str, frontend: str, production: bool) -> SocialRules:
    """Every provider with credentials; half of the credentials is a mistake."""
    callbacks = f"{backend}{prefix}/auth"
    providers = [_google(reader, callbacks), _github(reader, callbacks)]
    for variable in sorted(reader.values):
        match = NAMED.fullmatch(variable)
        if match and reader.text(variable):
            providers.append(_named(reader, match[1], callbacks))
    _check_names(reader)
    found = tuple(provider for provider in providers if provider is not None)
    for provider in found:
        _check_urls(reader, provider, production)
    handoff = reader.choice("SOCIAL_HANDOFF", ("code", "tokens"), "code")
    if handoff == "tokens" and found:
        reader.warn("SOCIAL_HANDOFF=tokens puts tokens into a URL; move the front end to code and exchange")
    return SocialRules(
        providers=found,
        handoff=handoff,
        frontend=frontend,
        base=callbacks,
        return_to=reader.parsed("SOCIAL_RETURN_TO", _places, ()),
        timeout=reader.duration(
            "SOCIAL_TIMEOUT", timedelta(seconds=5), least=timedelta(seconds=1), most=timedelta(minutes=1)
        ),
        allow_http=not production,
    )


def _credentials(reader: Reader, ident: str, secret: str) -> tuple[str, str] | None:
    """Both halves, or None (with a mistake when only one is there)."""
    client_id, client_secret = reader.text(ident), reader.text(secret)
    if client_id and client_secret:
        return client_id, client_secret
    if client_id or client_secret:
        reader.wrong(secret if client_id else ident, "is missing: both or neither")
    return None


def _check_names(reader: Reader) -> None:
    """A name that is spelt in another way, or has no issuer, would leave its provider off without a word."""
    for variable in sorted(reader.values):
        part = PART.fullmatch(variable)
        if part is None or not reader.text(variable):
            continue
        if variable != variable.upper() or NAMED.fullmatch(f"{part[1]}_ISSUER") is None:
            said = "names no provider: capital letters, digits and single underscores, as in OIDC_ACME_ISSUER"
            reader.wrong(variable, said)
        elif not reader.text(f"{part[1]}_ISSUER"):
            reader.wrong(variable, f"stands there without {part[1]}_ISSUER")


def _places(text: str) -> tuple[str, ...]:
    """A list by commas of what `next` may be. An entry that could never allow anything is a mistake."""
    places = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(is_entry(place) for place in places):
        raise ValueError("must list paths (/app), paths with all below (/app/*) or origins")
    return places


def _list(reader: Reader, name: str) -> tuple[str, ...]:
    """A list by commas or spaces."""
    return tuple(re.split(r"[,\s]+", reader.text(name) or "")) if reader.text(name) else ()


def _google(reader: Reader, callbacks: str) -> ProviderRules | None:
    """Google, on when it has credentials."""
    issuer = reader.text("GOOGLE_ISSUER") or "https://accounts.google.com"
    callback = reader.text("CLIENT_CALL_BACK_GOOGLE") or f"{callbacks}/google/callback"
    native = _list(reader, "CLIENT_IDS_GOOGLE")
    pair = _credentials(reader, "CLIENT_ID_GOOGLE", "CLIENT_SECRET_GOOGLE")
    if pair is None:
        return None
    return ProviderRules(
        name="google",
        kind="google",
        label="Google",
        client_id=pair[0],
        client_secret=pair[1],
        callback=callback,
        issuer=issuer.rstrip("/"),
        scopes=("openid", "email", "profile"),
        native_client_ids=native,
    )


def _github(reader: Reader, callbacks: str) -> ProviderRules | None:
    """GitHub or GitHub Enterprise, on when it has credentials."""
    base = (reader.text("GITHUB_BASE_URL") or "https://github.com").rstrip("/")
    public = "https://api.github.com" if base == "https://github.com" else f"{base}/api/v3"
    api = (reader.text("GITHUB_API_URL") or public).rstrip("/")
    callback = reader.text("CLIENT_CALL_BACK_GITHUB") or f"{callbacks}/github/callback"
    pair = _credentials(reader, "CLIENT_ID_GITHUB", "CLIENT_SECRET_GITHUB")
    if pair is None:
        return None
    return ProviderRules(
        name="github",
        kind="github",
        label="GitHub",
        client_id=pair[0],
        client_secret=pair[1],
        callback=callback,
        issuer=base,
        api=api,
        scopes=("read:user", "user:email"),
    )


def _named(reader: Reader, name: str, callbacks: str) -> ProviderRules | None:
    """A generic OpenID provider, `OIDC_<NAME>_…`."""
    path = name.lower().replace("_", "-")
    scopes = _list(reader, f"OIDC_{name}_SCOPES") or ("openid", "email", "profile")
    label = reader.text(f"OIDC_{name}_LABEL") or name.replace("_", " ").title()
    callback = reader.text(f"OIDC_{name}_CALLBACK") or f"{callbacks}/{path}/callback"
    native = _list(reader, f"OIDC_{name}_CLIENT_IDS")
    if path in RESERVED:
        reader.wrong(f"OIDC_{name}_ISSUER", f"{path!r} is a path of our own, choose another name")
        return None
    pair = _credentials(reader, f"OIDC_{name}_CLIENT_ID", f"OIDC_{name}_CLIENT_SECRET")
    if pair is None:
        reader.wrong(f"OIDC_{name}_CLIENT_ID", "is required beside the issuer, and the secret too")
        return None
    return ProviderRules(
        name=path,
        kind="oidc",
        label=label,
        client_id=pair[0],
        client_secret=pair[1],
        callback=callback,
        issuer=(reader.text(f"OIDC_{name}_ISSUER") or "").rstrip("/"),
        scopes=scopes if "openid" in scopes else ("openid", *scopes),
        native_client_ids=native,
    )


def _check_urls(reader: Reader, provider: ProviderRules, production: bool) -> None:
    """Providers are reached by https; http only on loopback and never in production."""
    upper = provider.name.upper().replace("-", "_")
    own = {"google": "GOOGLE_ISSUER", "github": "GITHUB_BASE_URL"}.get(provider.kind)
    urls = [(own or f"OIDC_{upper}_ISSUER", provider.issuer)]
    urls += [("GITHUB_API_URL", provider.api)] if provider.kind == "github" else []
    for name, url in urls:
        if _is_plain(reader, name, url) and (production or not is_loopback(urlsplit(url).hostname)):
            reader.wrong(name, f"must be an https URL (is {url!r})")
    name = f"CLIENT_CALL_BACK_{upper}" if own else f"OIDC_{upper}_CALLBACK"
    callback = reader.text(name)  # unset, it lies below our own origin, which was looked at
    if callback and _is_plain(reader, name, callback) and production and is_in_clear(callback):
        reader.wrong(name, f"must be an https URL (is {callback!r})")


def _is_plain(reader: Reader, name: str, url: str) -> bool:
    """It is a good address but for its having no TLS; what makes it a bad one is noted."""
    try:
        parts = urlsplit(parse_url(url))
    except ValueError as fault:
        reader.wrong(name, f"{fault} (is {url!r})")
        return False
    if parts.username is not None or parts.query or parts.fragment:
        reader.wrong(name, f"must be a URL without user, query or fragment (is {url!r})")
        return False
    return parts.scheme == "http"
