"""What a letter says: subject, plain text and HTML, and how the three lie sealed in the outbox."""

import msgspec

from auth_portal.core.secrets import Keyring
from auth_portal.mail.letter import Letter


class Content(msgspec.Struct, frozen=True):
    """A rendered letter. `subject` is one line; `text` is complete without `html`."""

    subject: str
    text: str
    html: str


def seal(content: Content, letter_id: str, sealing: Keyring) -> bytes:
    """The content under our key, bound to its letter: links in it must not be readable at rest."""
    return sealing.seal(msgspec.json.encode(content), about=letter_id.encode())


def unseal(letter: Letter, sealing: Keyring) -> Content:
    """What `seal` was given. UnknownKey when its key is not known here, or ValueError."""
    try:
        return msgspec.json.decode(sealing.unseal(letter.sealed, about=letter.id.encode()), type=Content)
    except msgspec.DecodeError as error:
        raise ValueError("not the content of a letter") from error
