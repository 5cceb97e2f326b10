"""Every setting there is, read from the environment and `.env`; all mistakes are told at once."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from auth_portal.core.secrets import RootSecret
from auth_portal.http.rules import HttpRules
from auth_portal.limits.rules import LimitRules
from auth_portal.mail.rules import MailRules
from auth_portal.passwords.rules import PasswordRules
from auth_portal.sessions.keys import KeyRules
from auth_portal.sessions.session import SessionRules
from auth_portal.settings.env_file import read_env_file
from auth_portal.settings.mail import read_mail
from auth_portal.settings.reader import (
    BadSettings,
    Reader,
    is_in_clear,
    parse_origin,
    parse_prefix,
    parse_url,
)
from auth_portal.settings.root_secret import check_secret, read_root
from auth_portal.settings.social import read_social
from auth_portal.settings.storage import data_dir, read_storage
from auth_portal.settings.unread import unread
from auth_portal.social.rules import SocialRules
from auth_portal.storage.rules import StorageRules
from auth_portal.tickets.ticket import TicketRules

LONGEST_COOKIE = timedelta(days=400)
LEAST_COST = 8, 1  # argon2id's own least memory and passes: for tests of other things
BEARER = re.compile(r"[A-Za-z0-9._~+/=-]+")


@dataclass(frozen=True, slots=True)
class Settings:
    """One record per slice; `warnings` are told at start."""

    environment: str
    host: str
    port: int
    workers: int
    data_dir: Path
    storage: StorageRules
    root: RootSecret
    keys: KeyRules
    issuer: str
    audience: str
    sessions: SessionRules
    passwords: PasswordRules
    tickets: TicketRules
    limits: LimitRules
    mail: MailRules
    social: SocialRules
    http: HttpRules
    journal_retention: timedelta
    keep_ended: timedelta
    clock_offset_file: Path | None
    log_format: str
    log_level: str
    warnings: tuple[str, ...] = ()


def settings_here(*, fresh: bool = True, looking: bool = False) -> Settings:
    """From the process's environment over the `.env` file of the working directory. Raises BadSettings."""
    values, mistakes = read_env_file(Path.cwd() / ".env")
    return read_settings({**values, **os.environ}, mistakes, fresh=fresh, looking=looking)


def read_settings(
    values: Mapping[str, str], mistakes: Sequence[str] = (), *, fresh: bool = True, looking: bool = False
) -> Settings:
    """Every record from the environment. Raises BadSettings with all mistakes, those given first.

    `fresh` is whether a key file may be made where there is none yet; `looking`, that none is made all
    the same: a root secret that is kept nowhere stands in for it.
    """
    reader = Reader(values, [*mistakes])
    named = "APP_ENV" if reader.text("APP_ENV") else "NODE_ENV"
    environment = reader.choice(named, ("development", "production", "test"), "development")
    production = environment == "production"
    port = reader.whole("APP_PORT" if reader.text("APP_PORT") else "PORT", 8080, 1, 65_535)
    folder = data_dir(reader)
    storage = read_storage(reader, folder)
    sessions = _sessions(reader)
    passwords = _passwords(reader, environment)
    http = _http(reader, environment, port, sessions, passwords)
    mail = read_mail(reader, http, folder, production)
    social = read_social(reader, http.backend, http.prefix, http.frontend, production)
    keys = _keys(reader, production)
    offset = reader.text("CLOCK_OFFSET_FILE")
    if offset and environment != "test":
        reader.wrong("CLOCK_OFFSET_FILE", "the clock can be moved only with APP_ENV=test")
    limits = LimitRules(enabled=reader.switch("RATE_LIMITS", default=True))
    if production and not limits.enabled:
        reader.wrong("RATE_LIMITS", "cannot be switched off in production")
    day = timedelta(days=1)
    rest = {
        "host": reader.text("APP_HOST") or ("0.0.0.0" if production else "127.0.0.1"),  # noqa: S104 -- said in CONTRACT
        "workers": _workers(reader, limits, storage),
        "audience": reader.text("AUTH_JWT_AUDIENCE") or http.backend,
        "tickets": _tickets(reader),
        "journal_retention": reader.duration("JOURNAL_RETENTION", 365 * day, least=day),
        "keep_ended": reader.duration("SESSION_RETENTION", 90 * day, least=day),
        "log_format": reader.choice("LOG_FORMAT", ("auto", "json", "text"), "auto"),
        "log_level": reader.choice("LOG_LEVEL", ("debug", "info", "warning", "error"), "info"),
    }
    root = read_root(reader, storage, folder, production=production, fresh=fresh, looking=looking)
    unknown = unread(values, reader.asked)
    if reader.mistakes or root is None:
        raise BadSettings([*reader.mistakes, *unknown])
    return Settings(
        environment=environment,
        port=port,
        data_dir=folder,
        storage=storage,
        root=root,
        keys=keys,
        issuer=http.backend,
        sessions=sessions,
        passwords=passwords,
        limits=limits,
        mail=mail,
        social=social,
        http=http,
        clock_offset_file=Path(offset) if offset else None,
        warnings=(*reader.warnings, *unknown),
        **rest,  # type: ignore[arg-type]
    )


def _workers(reader: Reader, limits: LimitRules, storage: StorageRules) -> int:
    """How many processes; those that cannot share their counts are told of."""
    workers = reader.whole("WORKERS", 1, 1, 64)
    if workers > 1 and limits.enabled and storage.redis_url is None:
        reader.warn(f"WORKERS={workers} without REDIS_URL: each worker counts its limits for itself")
    return workers


def _sessions(reader: Reader) -> SessionRules:
    """Lifetimes of tokens and sessions."""
    year, second = timedelta(days=365), timedelta(seconds=1)
    idle = reader.duration("AUTH_REFRESH_TOKEN_EXPIRES_IN", timedelta(days=30), least=second)
    absolute = reader.duration("AUTH_SESSION_EXPIRES_IN", max(year, idle), least=second)
    return SessionRules(
        grace=reader.duration("REFRESH_GRACE", timedelta(seconds=30), most=timedelta(seconds=60)),
        idle=idle,
        absolute=absolute,
        access=reader.duration("AUTH_JWT_TOKEN_EXPIRES_IN", timedelta(minutes=15), least=second),
        cap=reader.whole("SESSION_CAP", 100, 1, 10_000),
    )


def _passwords(reader: Reader, environment: str) -> PasswordRules:
    """The password policy and the cost of hashing, which only tests may lower."""
    shortest = reader.whole("PASSWORD_MIN_LENGTH", 8, 8, 128)
    longest = reader.whole("PASSWORD_MAX_LENGTH", 256, 64, 256)
    if longest < shortest:
        reader.wrong("PASSWORD_MAX_LENGTH", "must not be below PASSWORD_MIN_LENGTH")
    costs = PasswordRules().memory_kib, PasswordRules().passes
    budget = reader.whole("PASSWORD_HASH_MEMORY_MIB", 256, 19, 65_536) * 1024 // costs[0]
    slots = max(1, min(os.cpu_count() or 1, budget))
    if reader.choice("PASSWORD_HASH_COST", ("usual", "least"), "usual") == "least":
        costs = LEAST_COST
        if environment != "test":
            reader.wrong("PASSWORD_HASH_COST", "hashing can be made cheap only with APP_ENV=test")
    return PasswordRules(
        shortest=shortest,
        longest=longest,
        slots=reader.whole("PASSWORD_HASH_SLOTS", slots, 1, 256),
        queue=reader.whole("PASSWORD_HASH_QUEUE", 64, 1, 10_000),
        reset_interval=reader.duration("PASSWORD_CHANGE_INTERVAL", timedelta(0)),
        app_name=reader.text("APP_NAME") or "Auth Portal",
        memory_kib=costs[0],
        passes=costs[1],
    )


def _tickets(reader: Reader) -> TicketRules:
    """How long links live."""
    minute = timedelta(minutes=1)
    return TicketRules(
        confirm=reader.duration("AUTH_HASH_CONFIRM_EXPIRES_IN", timedelta(hours=24), least=minute),
        reset=reader.duration("AUTH_HASH_FORGOT_PASSWORD_EXPIRES_IN", timedelta(minutes=30), least=minute),
    )


def _keys(reader: Reader, production: bool) -> KeyRules:
    """How access tokens are signed: HS256 when its secret is given, else ES256, unless ruled."""
    shared = check_secret(reader, "AUTH_JWT_SECRET", production)
    options = ("ES256", "Ed25519", "RS256", "HS256")
    algorithm = reader.choice("AUTH_JWT_ALGORITHM", options, "HS256" if shared else "ES256")
    if algorithm == "HS256" and shared is None:
        reader.wrong("AUTH_JWT_SECRET", "is required with AUTH_JWT_ALGORITHM=HS256")
    return KeyRules(algorithm=algorithm, shared_secret=shared.encode() if shared else None)


def _http(
    reader: Reader, environment: str, port: int, sessions: SessionRules, passwords: PasswordRules
) -> HttpRules:
    """Origins, cookies, proxies."""
    production = environment == "production"
    backend = _backend(reader, production, port)
    named = [part for part in (reader.text("FRONTEND_DOMAIN") or "").split(",") if part.strip()]
    frontends = [_frontend(reader, production, part) for part in named]
    origins = {backend, *frontends} | ({"http://localhost:3000"} if environment == "development" else set())
    prefix = reader.parsed("API_PREFIX", parse_prefix, "/api")
    return HttpRules(
        backend=backend,
        prefix=prefix,
        frontend=frontends[0] if frontends else backend,
        origins=frozenset(origins),
        production=production,
        trusted_proxies=_proxies(reader, production),
        metrics_token=reader.parsed("METRICS_TOKEN", _bearer, None, told=False),
        portal=reader.switch("PORTAL", default=True),
        dev_inbox=environment == "development" or (environment == "test" and not production),
        app_name=reader.text("APP_NAME") or "Auth Portal",
        accent=reader.parsed("APP_ACCENT", _colour, "#3b5bdb"),
        logo_url=reader.parsed("APP_LOGO_URL", parse_url, None),
        refresh_lifetime=sessions.idle,
        cookie_lifetime=min(sessions.idle, LONGEST_COOKIE),
        device_lifetime=LONGEST_COOKIE,
        password_shortest=passwords.shortest,
        password_longest=passwords.longest,
        confirm_first=reader.switch("REQUIRE_CONFIRMED_EMAIL", default=False),
        social_handoff=reader.choice("SOCIAL_HANDOFF", ("code", "tokens"), "code"),
    )


def _backend(reader: Reader, production: bool, port: int) -> str:
    """Our own public origin; in production it must be given and be https."""
    backend = reader.parsed("BACKEND_DOMAIN", parse_origin, parse_origin(f"http://localhost:{port}"))
    if production and reader.text("BACKEND_DOMAIN") is None:
        reader.wrong("BACKEND_DOMAIN", "is required in production, for example https://auth.example.com")
    if is_in_clear(backend):
        said = "must be https: cookies and tokens would travel in clear"
        if production:
            reader.wrong("BACKEND_DOMAIN", said)
        else:
            reader.warn(f"BACKEND_DOMAIN {said}")
    return backend


def _frontend(reader: Reader, production: bool, part: str) -> str:
    """One front end's origin, "" with the mistake noted; in production it must be https too."""
    try:
        origin = parse_origin(part)
    except ValueError as fault:
        reader.wrong("FRONTEND_DOMAIN", f"{fault} (is {part.strip()!r})")
        return ""
    if production and is_in_clear(origin):
        said = "must be https: links and tokens would travel in clear"
        reader.wrong("FRONTEND_DOMAIN", f"{said} (is {part.strip()!r})")
    return origin


def _proxies(reader: Reader, production: bool) -> tuple[IPv4Network | IPv6Network, ...]:
    """Whose forwarded headers count; in production it must be said."""
    said = reader.text("TRUSTED_PROXIES")
    if said is None and production:
        reader.wrong(
            "TRUSTED_PROXIES",
            "must be set in production: the proxies' addresses (10.0.0.0/8, …), or none if there is no proxy",
        )
    if said is None or said.lower() == "none":
        return ()

    def parse(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
        networks = tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
        if not networks:
            raise ValueError("must name the proxies' addresses, or be none")
        if not all(network.prefixlen for network in networks):
            raise ValueError("must not name every address: anybody could choose where a request comes from")
        return networks

    return reader.parsed("TRUSTED_PROXIES", parse, ())


def _bearer(text: str) -> str | None:
    """A token that fits into an Authorization header."""
    if BEARER.fullmatch(text) is None:
        raise ValueError("must be letters, digits and - . _ ~ + / = without spaces")
    return text


def _colour(text: str) -> str:
    """A colour as #rrggbb."""
    if len(text) != 7 or text[0] != "#" or any(mark not in "0123456789abcdefABCDEF" for mark in text[1:]):  # noqa: PLR2004
        raise ValueError("must be a colour such as #3b5bdb")
    return text.lower()
