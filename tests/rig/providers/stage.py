"""A small server in a thread of its own, for stand-ins of other people's servers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.requests import Request

START_SECONDS = 30


@contextmanager
def on_stage(app: Any, port: int) -> Iterator[str]:
    """Serve `app` on the loopback; yields its URL. Requests still hanging at the end are cut off."""
    config = uvicorn.Config(
        app, "127.0.0.1", port, log_level="error", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            assert time.monotonic() < deadline, "the stand-in does not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


@contextmanager
def reachable(url: str) -> Iterator[str]:
    """Wait until somebody answers at `url`, then yield it."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(url, timeout=5, verify=False)
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"nobody answers at {url}"
            time.sleep(0.05)
        else:
            break
    yield url


async def form_of(request: Request) -> dict[str, str]:
    """The fields of an urlencoded body."""
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
