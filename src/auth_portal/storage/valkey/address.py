"""Where Valkey is, as REDIS_URL says: a pool for it, and what is wrong with it before anybody connects."""

from urllib.parse import parse_qs, urlsplit

from valkey.asyncio import BlockingConnectionPool, SSLConnection
from valkey.exceptions import ValkeyError

MOST_CONNECTIONS = 32
LONGEST_ANSWER = 1.0  # seconds; shorter, and a burst that keeps our own loop busy looks like an absence
OPTIONS = (
    "client_name",
    "db",
    "health_check_interval",
    "max_connections",
    "password",
    "protocol",
    "retry_on_timeout",
    "socket_connect_timeout",
    "socket_keepalive",
    "socket_timeout",
    "timeout",
    "username",
)
OF_TLS = (
    "ssl_ca_certs",
    "ssl_ca_data",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_ciphers",
    "ssl_keyfile",
)


def pool_for(url: str, patience: float = LONGEST_ANSWER) -> BlockingConnectionPool:
    """Connections are made when they are needed. Raises ValueError for a URL that the driver cannot read."""
    return BlockingConnectionPool.from_url(
        url,
        max_connections=MOST_CONNECTIONS,
        timeout=patience,
        socket_timeout=patience,
        socket_connect_timeout=patience,
    )


def check_address(url: str) -> None:
    """The URL leads somewhere, and its options are ones that the driver takes.

    Raises ValueError with a sentence that repeats nothing that may be a password.
    """
    parts = urlsplit(url)
    if parts.scheme == "unix" and not parts.path:
        raise ValueError("must name the socket's file, as in unix:///run/valkey/valkey.sock")
    known = OPTIONS + (OF_TLS if parts.scheme in {"rediss", "valkeys"} else ())
    options = parse_qs(parts.query, keep_blank_values=True)
    if not options.keys() <= {*known}:
        hint = "" if known[-1] in OF_TLS else " (for TLS write rediss://; only then the options of TLS)"
        raise ValueError(f"may have only the options {', '.join(known)}{hint}")
    if not {*options.get("protocol", ())} <= {"2", "3"}:  # the driver stumbles over any other
        raise ValueError("may have protocol 2 or 3 only")
    try:
        connection = pool_for(url).make_connection()  # type: ignore[no-untyped-call]
        if isinstance(connection, SSLConnection):
            connection.ssl_context.get()
    except (ValueError, TypeError, OSError, ValkeyError) as fault:
        raise ValueError(f"has options that cannot be used: {fault}") from None
