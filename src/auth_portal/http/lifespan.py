"""The beginning and the end of serving, as ASGI servers announce them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.types import Receive, Send

from auth_portal.core.log import Log

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


async def live(lifespan: Lifespan | None, log: Log, receive: Receive, send: Send) -> None:
    """Enter the context when the server starts, leave it when it ends; what fails is told to both."""
    await receive()
    context = lifespan() if lifespan is not None else None
    try:
        if context is not None:
            await context.__aenter__()
    except Exception as fault:  # noqa: BLE001 -- whatever it is, the server must learn of it
        log.error("could not start", fault=type(fault).__name__, said=str(fault))  # noqa: TRY400 -- see core/log.py
        await send({"type": "lifespan.startup.failed", "message": str(fault)})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    try:
        if context is not None:
            await context.__aexit__(None, None, None)
    except Exception as fault:  # noqa: BLE001 -- whatever it is, the server must learn of it
        log.error("could not end cleanly", fault=type(fault).__name__)  # noqa: TRY400 -- see core/log.py
        await send({"type": "lifespan.shutdown.failed", "message": str(fault)})
        return
    await send({"type": "lifespan.shutdown.complete"})
