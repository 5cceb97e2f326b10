"""What follows an offer to speak another protocol: read as the rest of the request that made it."""

from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FRAMING = (b"content-length", b"transfer-encoding")
Headers = list[tuple[bytes, bytes]]


def framing_of(headers: Headers) -> bytes:
    """The lines that say how long the body is, b"" when there is none."""
    return b"".join(b"%b: %b\r\n" % header for header in headers if header[0] in FRAMING)


class RestOfRequest:
    """Hands a parser's calls on, but for those about a head that the protocol knows already."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self.protocol = protocol
        self.head_is_known = True

    def on_message_begin(self) -> None:
        """A request begins."""
        if not self.head_is_known:
            self.protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        if not self.head_is_known:
            self.protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        if not self.head_is_known:
            self.protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is here. The known one came once."""
        if not self.head_is_known:
            self.protocol.on_headers_complete()
        self.head_is_known = False

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self.protocol.on_body(body)

    def on_message_complete(self) -> None:
        """It is here whole."""
        self.protocol.on_message_complete()


def decline(protocol: HttpToolsProtocol) -> None:
    """Give the protocol a parser that stands behind the head of its present request.

    The protocol's own has taken the offer for accepted: it gives up the body and reads its bytes as
    the next request, which a proxy in front never saw as one (request smuggling).
    """
    rest = RestOfRequest(protocol)
    parser = HttpRequestParser(rest)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn sets its own
    framing = framing_of(protocol.headers)
    rest.head_is_known = bool(framing)
    protocol.parser = parser  # which the protocol asks while it is called
    if framing:
        parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n")
