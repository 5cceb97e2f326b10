"""A provider whose TLS breaks once the handshake is over is a provider that failed (SO15)."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from auth_portal.core.refusal import Refusal
from auth_portal.social.http_client import HttpClient
from auth_portal.social.rules import SocialRules
from tests.mail.relay import Certificate, a_certificate

NO_RECORD = b"\x17\x03\x03\x00\x20" + b"x" * 32  # application data that no key of theirs has sealed


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """Of 127.0.0.1."""
    return a_certificate(tmp_path)


@pytest.fixture
def spoilt(certificate: Certificate) -> Iterator[str]:
    """A server whose answer is spoilt on its way."""
    listening = socket.create_server(("127.0.0.1", 0))
    there = certificate.shown()

    def answer() -> None:
        with suppress(OSError):  # the test is over
            while True:
                connection, _ = listening.accept()
                secure = there.wrap_socket(connection, server_side=True)
                secure.recv(4096)
                secure.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
                with socket.socket(fileno=secure.detach()) as bare:
                    bare.send(NO_RECORD)

    answering = threading.Thread(target=answer, daemon=True)
    answering.start()
    yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    answering.join(5)


@pytest.mark.row("SO15")
def test_a_record_that_was_spoilt_is_a_clean_refusal(spoilt: str, certificate: Certificate) -> None:
    async def once() -> None:
        client = HttpClient.under(SocialRules(), certificate.trusted())
        try:
            await client.get(spoilt)
        finally:
            await client.close()

    with pytest.raises(Refusal) as caught:
        asyncio.run(once())
    assert caught.value.refused.code == "social_provider_failed"
