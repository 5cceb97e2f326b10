"""The signature of an access token: whoever knows JWS can check it, whichever way it was made."""

import asyncio
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jws

from auth_portal.sessions.signature import Signer, side_by_side, sign
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


def test_signatures_that_are_wanted_together_are_each_ones_own_and_who_is_gone_spoils_none() -> None:
    key = World("ES256").keys.signing()

    async def story() -> None:
        signer = Signer()
        payloads = [b'{"sub":"%d"}' % number for number in range(20)]
        wanted = [asyncio.create_task(signer(key, payload)) for payload in payloads]
        await asyncio.sleep(0)
        wanted[3].cancel()
        told = await asyncio.gather(*wanted, return_exceptions=True)
        assert isinstance(told.pop(3), asyncio.CancelledError)
        del payloads[3]
        for token, payload in zip(told, payloads, strict=True):
            assert isinstance(token, str)
            assert jws.deserialize_compact(token, key.public, algorithms=["ES256"]).payload == payload

    asyncio.run(story())


def test_a_signature_that_fails_is_told_to_whoever_wanted_it() -> None:
    key = World("ES256").keys.signing()
    broken = replace(key)
    object.__setattr__(broken, "curve", "no key at all")

    async def story() -> None:
        signer = Signer()
        failing, signed = signer(broken, b"{}"), signer(key, b"{}")
        fault, token = await asyncio.gather(failing, signed, return_exceptions=True)
        assert isinstance(fault, AttributeError)
        assert isinstance(token, str)

    asyncio.run(story())
