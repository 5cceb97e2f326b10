"""The HTTP server itself: uvicorn, with our protocol, and how it starts and ends."""

import asyncio
import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from types import FrameType
from typing import Any

import uvicorn

from auth_portal.http.protocol import BoundedProtocol

LONGEST_SHUTDOWN = 7  # seconds for requests in flight
MOST_CONNECTIONS = 20_000
DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG, prctl(2)
COULD_NOT_START = 3  # the status with which uvicorn ends a worker whose application refused


class CleanServer(uvicorn.Server):
    """Ctrl-C and SIGTERM are how one stops a server: it ends with status 0 and without a traceback."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As the original, which afterwards would raise what it has caught once more."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def run_server(app: Any, host: str, port: int, *, workers: int = 1, log_level: str = "warning") -> bool:
    """Serve until SIGINT or SIGTERM; requests in flight are finished within 7 s.

    `app` is an ASGI callable, or with several workers the import string of a factory. Returns
    False when the server could not start (the port is taken, the application refused), and when
    several workers ended because one that was to replace another could not.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        factory=isinstance(app, str),
        workers=workers,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        log_level=log_level,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=LONGEST_SHUTDOWN,
        limit_concurrency=MOST_CONNECTIONS,
        backlog=4096,
    )
    try:
        if workers > 1:
            return _run_workers(config)
        server = CleanServer(config)
        server.run()
    except SystemExit:  # its own way to say that it could not start; why is in the log
        return False
    return server.started


def _run_workers(config: uvicorn.Config) -> bool:
    """Serve by several processes; False when they ended because one of them could not start."""
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 -- only several workers need it

    supervisor = Multiprocess(config, sockets=[config.bind_socket()])
    supervisor.run()
    return all(worker.process.exitcode != COULD_NOT_START for worker in supervisor.processes)


def why_not_listen(host: str, port: int) -> str | None:
    """What keeps a server from listening there, in the system's words; None when nothing does."""
    try:
        for family, kind, number, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, number) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
    except OSError as fault:
        return fault.strerror or str(fault)
    return None


def die_with_parent() -> None:
    """A worker must not go on serving when its supervisor was killed (OP5), were it while this one began.

    So the supervisor is the one that made this process, not whoever is its parent by now.
    """
    made_by = parent_process()
    parent = os.getppid() if made_by is None else made_by.pid
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(DIES_WITH_PARENT, signal.SIGTERM, 0, 0, 0)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="watch-parent").start()


@contextmanager
def ending_at_once() -> Iterator[None]:
    """What a signal means to a worker that waits: uvicorn only notes it, and looks when the start is over.

    One that it has noted before counts too.
    """
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    server = getattr(handlers[signal.SIGTERM], "__self__", None)
    for number in handlers:
        signal.signal(number, signal.SIG_DFL)
    if getattr(server, "should_exit", False):
        signal.raise_signal(signal.SIGTERM)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def tell_of_the_end(tell: Callable[[], object]) -> None:
    """Have `tell` called in this event loop as soon as a signal asks for the end.

    uvicorn lets the application know only when the requests in flight are over; what has to end too
    need not wait for them. uvicorn's own handlers are called as before, and it takes ours away.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()

    def hear(number: int) -> None:
        handler = signal.getsignal(number)

        def both(signalled: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(tell)
            if callable(handler):
                handler(signalled, frame)

        signal.signal(number, both)

    hear(signal.SIGINT)
    hear(signal.SIGTERM)
