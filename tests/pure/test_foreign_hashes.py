"""Imported hashes, against vectors that the libraries and services which make them have written."""

import bcrypt
import pytest
from argon2 import PasswordHasher, Type

from auth_portal.passwords.foreign import is_foreign, matches

DJANGO = "pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A="  # Django 5.2
PASSLIB_DJANGO = "pbkdf2_sha256$500$abcDEF012$R1Kmhfe3w06WNebUlQ3D2D55ehJ+Ira6wPj50OZj1ho="  # passlib 1.7.4
PASSLIB_SCRYPT = "$scrypt$ln=10,r=8,p=2$MDEyMzQ1Njc4OWFiY2RlZg$zt1oP7DlEWegtB6PHa/A3KfXfH2OpNk4uSMk0MhBNAE"
# The example of passlib's documentation.
DOCUMENTED_SCRYPT = "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"
# The example of github.com/firebase/scrypt, in the form that foreign.py defines.
SIGNER = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
EXPORTED = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
FIREBASE = f"$firebase-scrypt$ln=14,r=8,ss=Bw==,key={SIGNER}$42xEC+ixf3L2lw==${EXPORTED}"
BCRYPT = bcrypt.hashpw(b"a password", b"$2b$04$abcdefghijklmnopqrstuu").decode()

ARGON2I, ARGON2D = (
    PasswordHasher(time_cost=1, memory_cost=64, parallelism=1, type=one).hash(
        "a password", salt=b"0123456789abcdef"
    )
    for one in (Type.I, Type.D)
)

VECTORS = [
    ("a password", ARGON2I),
    ("a password", ARGON2D),
    ("lètmein", DJANGO),
    ("pa$$word", PASSLIB_DJANGO),
    ("lètmein", PASSLIB_SCRYPT),
    ("password", DOCUMENTED_SCRYPT),
    ("user1password", FIREBASE),
    ("user1password", FIREBASE.replace("==", "")),  # the same without padding
    ("a password", BCRYPT),
    ("a password", BCRYPT.replace("$2b$", "$2a$")),
    ("a password", BCRYPT.replace("$2b$", "$2y$")),
]


@pytest.mark.parametrize(("password", "stored"), VECTORS)
def test_the_password_and_no_other_matches(password: str, stored: str) -> None:
    assert is_foreign(stored)
    assert matches(password.encode(), stored)
    assert not matches(password.encode() + b"x", stored)
    assert not matches(password.swapcase().encode(), stored)
    assert not matches(b"", stored)


@pytest.mark.parametrize(("password", "stored"), [VECTORS[0], VECTORS[2], VECTORS[4], VECTORS[6]])
def test_a_change_anywhere_in_salt_or_hash_matches_nothing(password: str, stored: str) -> None:
    salt_at = stored.rindex("$", 0, stored.rindex("$")) + 1
    for place in range(salt_at, len(stored) - 3, 7):  # the last letters have bits that count for nothing
        if stored[place] not in "$=":
            other = "Z" if stored[place] != "Z" else "Y"
            assert not matches(password.encode(), stored[:place] + other + stored[place + 1 :]), place


def test_bcrypt_reads_seventy_two_bytes_and_does_not_raise_beyond() -> None:
    stored = bcrypt.hashpw(b"A" * 72, b"$2b$04$abcdefghijklmnopqrstuu").decode()
    assert matches(b"A" * 72, stored)
    assert matches(b"A" * 1000, stored)
    assert not matches(b"A" * 71, stored)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "$2b$",
        "$2b$31$" + "a" * 53,
        "$2b$03$" + "a" * 53,
        ARGON2I.replace("m=64", "m=9999999"),
        ARGON2I.replace("t=1", "t=0"),
        ARGON2I.replace("p=1", "p=9"),
        "$2x$04$" + "a" * 53,
        BCRYPT[:-1],
        BCRYPT + "a",
        BCRYPT + "\n",
        "$scrypt$ln=30,r=8,p=1$c2FsdA$aGFzaA",
        "$scrypt$ln=14,r=0,p=1$c2FsdA$aGFzaA",
        "$scrypt$ln=14,r=8,p=999$c2FsdA$aGFzaA",
        "$scrypt$ln=14,r=8$c2FsdA$aGFzaA",
        "pbkdf2_sha256$0$salt$aGFzaA==",
        "pbkdf2_sha256$999999999$salt$aGFzaA==",
        "pbkdf2_sha1$1000$salt$aGFzaA==",
        "$firebase-scrypt$ln=14,r=8,ss=Bw==$42xEC$aGFz",
        "!unusable",
        "\ud800",
    ],
)
def test_a_form_that_is_none_of_ours_or_outrageously_dear_matches_nothing(stored: str) -> None:
    assert not is_foreign(stored)
    assert not matches(b"a password", stored)


@pytest.mark.parametrize(
    "stored", ["$scrypt$ln=4,r=8,p=1$A$aGFzaA", "pbkdf2_sha256$1$salt$A", "$2b$04$" + "." * 53]
)
def test_a_form_whose_inside_is_broken_matches_nothing(stored: str) -> None:
    assert not matches(b"a password", stored)
