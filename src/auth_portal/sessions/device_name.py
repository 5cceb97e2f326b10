"""What a device is called in the list of sessions: "Firefox on Linux", from its user agent."""

import re
from functools import lru_cache

UNKNOWN = "Unknown device"
MOST_CHARACTERS = 64
MOST_READ = 512  # of the user agent; what follows is noise or an attack on the parser
SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS", "Other": ""}
BROWSERS = {
    "HeadlessChrome": "Chrome",
    "Chrome Mobile WebView": "Android app",
    "Mobile Safari UI/WKWebView": "App",
    "okhttp": "Mobile app (OkHttp)",
    "Dart": "Mobile app (Dart)",
    "node": "Node.js",
    "undici": "Node.js",
    "node-fetch": "Node.js",
    "axios": "Node.js (axios)",
    "PostmanRuntime": "Postman",
    "insomnia": "Insomnia",
    "Go-http-client": "Go program",
    "Apache-HttpClient": "Java program",
    "Java": "Java program",
    "python-httpx": "Python program (httpx)",
    "Python Requests": "Python program (requests)",
    "Python aiohttp": "Python program (aiohttp)",
    "Other": "",
    "Mozilla": "",
}
DECORATION = re.compile(r"^Mobile | Mobile\b| iOS$")
PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9 ._-]{0,31}?)(?:/\d|$)", re.ASCII)


@lru_cache(1024)
def device_name(user_agent: str) -> str:
    """A short human name, at most 64 printable characters; "Unknown device" when nothing is known.

    It is a guess from what the client says of itself, for display only.
    """
    text = user_agent[:MOST_READ].strip()
    browser, system = _browser(text), _system(text)
    name = f"{browser} on {system}" if browser and system else browser or system
    printable = "".join(letter for letter in name if letter.isprintable())
    return printable[:MOST_CHARACTERS].strip() or UNKNOWN


def _browser(text: str) -> str:
    """The program, without the decorations by which the parser tells its platforms apart."""
    from ua_parser import parse_user_agent  # noqa: PLC0415 -- heavy, and a start names no device

    known = parse_user_agent(text)
    if known is not None:
        plain = BROWSERS.get(known.family)
        return DECORATION.sub("", known.family) if plain is None else plain
    product = PRODUCT.match(text)
    if product is None:
        return ""
    return BROWSERS.get(product[1], product[1])


def _system(text: str) -> str:
    """The platform as people call it; Apple's small devices by their own names."""
    for device in ("iPhone", "iPad"):
        if f"({device};" in text:
            return device
    from ua_parser import parse_os  # noqa: PLC0415 -- see above

    known = parse_os(text)
    return "" if known is None else SYSTEMS.get(known.family, known.family)
