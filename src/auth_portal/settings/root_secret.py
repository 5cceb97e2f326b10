"""The root secret: given by the environment, or made once into a key file beside SQLite."""

import os
import stat
from pathlib import Path

from auth_portal.core.secrets import RootSecret, encode, system_randomness
from auth_portal.settings.reader import Reader
from auth_portal.storage.rules import StorageRules

LEAST_BYTES = 32
KEY_FILE = "root.key"
EXAMPLES = ("change-me", "changeme", "secret", "example", "replace-me", "your-")


def is_weak(secret: str) -> str | None:
    """Why a secret is too weak for production, None when it is not."""
    if len(secret.encode()) < LEAST_BYTES:
        return f"is shorter than {LEAST_BYTES} bytes"
    if any(secret.lower().startswith(example) for example in EXAMPLES):
        return "is an example's secret"
    if len(set(secret)) < 8:  # noqa: PLR2004 -- eight different characters are the least of any real secret
        return "repeats too few characters"
    return None


def check_secret(reader: Reader, name: str, production: bool) -> str | None:
    """A secret from the environment: weak ones are refused in production and warned about elsewhere."""
    secret = reader.text(name)
    if secret is None:
        if production and reader.given(name):
            reader.wrong(name, "is set but empty")
        return None
    why = is_weak(secret)
    if why is not None:
        said = f"{why}; make one with: openssl rand -base64 48"
        if production:
            reader.wrong(name, said)
        else:
            reader.warn(f"{name} {said}")
    return secret


def read_root(
    reader: Reader, storage: StorageRules, data_dir: Path, *, production: bool, fresh: bool, looking: bool
) -> RootSecret | None:
    """The root secret, or None when there is none and none may be made (a mistake is then noted).

    Who is only `looking` gets one that is kept nowhere, where a `fresh` start would make one.
    """
    given = check_secret(reader, "AUTH_REFRESH_SECRET", production)
    before = reader.text("AUTH_REFRESH_SECRET_PREVIOUS")
    previous = tuple(part.encode() for part in (before,) if part)
    if given is not None:
        return RootSecret(given.encode(), previous)
    if storage.engine != "sqlite":
        reader.wrong(
            "AUTH_REFRESH_SECRET",
            "is required with any database but SQLite; make one with: openssl rand -base64 48",
        )
        return None
    key = data_dir / KEY_FILE
    try:
        if not key.exists() and _may_be_made(reader, key, storage, fresh=fresh):
            if looking:
                return RootSecret(system_randomness(48), previous)
            _make(key)
        kept = _kept(reader, key) if key.exists() else None
    except OSError as fault:
        where = fault.filename or key
        reader.wrong(
            "DATA_DIR", f"{where}: {fault.strerror}; it must be a folder that this user may write to"
        )
        return None
    return RootSecret(kept, previous) if kept is not None else None


def _may_be_made(reader: Reader, key: Path, storage: StorageRules, *, fresh: bool) -> bool:
    """A key is made for a new database only: with a new one an old database would not open."""
    if reader.mistakes:
        return False  # a server that will not start leaves no key behind
    database = Path(storage.url.removeprefix("sqlite:///"))
    if database.exists() and database.stat().st_size:
        said = f"is unset and {key} is missing, yet {database} is there: put back the one that belongs to it"
        reader.wrong("AUTH_REFRESH_SECRET", said)
    elif not fresh:
        said = f"there is no key file {key}; is yours elsewhere? `auth-portal serve` or `migrate` makes one"
        reader.wrong("DATA_DIR", said)
    return not reader.mistakes


def _make(path: Path) -> None:
    """Make the key file with mode 0600; of two starts at once one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(encode(system_randomness(48)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails when another start was first: its key is the one
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _kept(reader: Reader, path: Path) -> bytes | None:
    """What the key file holds; None (and a mistake) when that is no key of ours."""
    kept = path.read_bytes().strip()
    if len(kept) < LEAST_BYTES or not kept.isascii():
        reader.wrong(str(path), "holds no key (it is empty or damaged): put back your copy of it")
        return None
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        reader.warn(f"others can read {path}: chmod 600 {path}")
    return kept
