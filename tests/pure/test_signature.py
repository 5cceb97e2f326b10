"""The signature of an access token: whoever knows JWS can check it, whichever way it was made."""

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jws

from auth_portal.sessions.signature import side_by_side, sign
from tests.pure.access_world import World

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, FIPS 186-5


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519", "RS256", "HS256"])
def test_another_library_finds_the_signature_right(algorithm: str) -> None:
    key = World(algorithm).keys.signing()
    for number in range(20):
        payload = b'{"number":%d}' % number
        read = jws.deserialize_compact(sign(key, payload), key.public, algorithms=[algorithm])
        assert (read.payload, read.headers()) == (payload, key.headers)


@given(st.integers(1, ORDER - 1), st.integers(1, ORDER - 1))
@example(1, 1)
@example(ORDER - 1, 255)
@example(2**255, 2**247)
def test_the_two_numbers_stand_side_by_side_however_long_they_are(r: int, s: int) -> None:
    assert side_by_side(encode_dss_signature(r, s)) == r.to_bytes(32) + s.to_bytes(32)
