"""Plain addresses are recognised without the library, and as the library would."""

import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auth_portal.accounts.email_address import examined, normalise

LABELS = st.text("az09-_+ '\u212a\u00e9", max_size=4) | st.sampled_from(["com", "xn--a", "a" * 60, "a--b"])
NAMES = st.lists(LABELS, min_size=1, max_size=5).map(".".join)
NEARLY = st.lists(NAMES, min_size=1, max_size=3).map("@".join)
PLAINLY = (
    st.lists(st.text("az09-", min_size=1, max_size=4), min_size=2, max_size=5)
    .map(".".join)
    .map("ada@{}".format)
)


@settings(max_examples=400, deadline=None)
@given(NEARLY | PLAINLY)
@example("Ada@Example.COM ")
@example("a@" + "b" * 63 + ".example")
@example("a@" + "b" * 64 + ".example")
@example("a" * 64 + "@b.example")
@example("a" * 65 + "@b.example")
@example("a@" + ".".join(["b" * 49] * 5) + ".ee")
@example("a@" + ".".join(["b" * 49] * 5) + ".eeee")
@example("a..b@c.example")
@example("a@bc--d.example")
@example("a@b-.example")
@example("a@xn--bcher-kva.example")
@example("a@b.local")
@example("a@b.c")
@example("a@b.1")
@example("-@b.example")
@example("a@\u212aelvin.example")
def test_the_short_way_and_the_library_agree(typed: str) -> None:
    try:
        expected: str | None = examined(typed.strip())
    except ValueError:
        expected = None
    if expected is None:
        with pytest.raises(ValueError, match="email must be an email"):
            normalise(typed)
    else:
        assert normalise(typed) == expected


def test_what_people_type_needs_no_library() -> None:
    """Importing it would hold the loop for a twentieth of a second at the first sign-in."""
    asked = (
        "import sys; from auth_portal.accounts.email_address import normalise;"
        "print(normalise('Ada.Love-lace+news@Mail.Example.org'), 'email_validator' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["ada.love-lace+news@mail.example.org", "False"]
