"""The root secret: given by the environment, or made once into a key file beside SQLite."""

import os
from pathlib import Path

from auth_portal.core.secrets import RootSecret, encode, system_randomness
from auth_portal.settings.reader import Reader

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


def read_root(reader: Reader, production: bool, engine: str, data_dir: Path) -> RootSecret | None:
    """The root secret, or None when there is none and none may be made (a mistake is then noted)."""
    given = check_secret(reader, "AUTH_REFRESH_SECRET", production)
    before = reader.text("AUTH_REFRESH_SECRET_PREVIOUS")
    previous = tuple(part.encode() for part in (before,) if part)
    if given is not None:
        return RootSecret(given.encode(), previous)
    if engine != "sqlite":
        reader.wrong(
            "AUTH_REFRESH_SECRET",
            "is required with any database but SQLite; make one with: openssl rand -base64 48",
        )
        return None
    if reader.mistakes:
        return None  # a server that will not start leaves no key behind
    try:
        return RootSecret(_key_file(data_dir / KEY_FILE), previous)
    except OSError as fault:
        reader.wrong("DATA_DIR", f"cannot be used: {fault.strerror} (is {str(data_dir)!r})")
    except ValueError as fault:
        reader.wrong("DATA_DIR", f"{KEY_FILE} in it {fault}; bring back the one that was made with the data")
    return None


def _key_file(path: Path) -> bytes:
    """Read the key file, or make it with mode 0600; of two starts at once one makes it.

    Raises ValueError for a file that holds no key: everything would be derived from what anyone can guess.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
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
    key = path.read_bytes().strip()
    if len(key) < LEAST_BYTES:
        raise ValueError(f"is shorter than {LEAST_BYTES} bytes")
    return key
