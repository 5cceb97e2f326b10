"""`auth-portal serve` and `migrate`: running the server, bringing the schema up to date."""

import gc
import os

from auth_portal.cli.opened import Sorry, command_log, settings, wait_for
from auth_portal.cli.screen import busy
from auth_portal.storage.stores import StorageError


def serve(*, workers: int | None = None) -> int:
    """Bring the schema up to date and serve until Ctrl-C or SIGTERM.

    Parameters
    ----------
    workers
        Processes, instead of WORKERS.

    """
    from auth_portal.http.server import why_not_listen  # noqa: PLC0415 -- heavy
    from auth_portal.serving import serve as serve_portal  # noqa: PLC0415 -- heavy

    gc.freeze()  # the rooms stay; no collection need look for what could go among them
    if workers is not None:
        os.environ["WORKERS"] = str(workers)  # the workers read the settings again
    chosen = settings(fresh=True)
    why = why_not_listen(chosen.host, chosen.port)
    if why is not None:
        raise Sorry(
            f"Cannot serve at {chosen.host} port {chosen.port}: {why}."
            " Stop what listens there, or set another APP_PORT (or APP_HOST)."
        )
    return serve_portal(chosen)


def migrate(*, plan: bool = False) -> None:
    """Bring the schema up to date; harmless when it is, and when several do it at once.

    Parameters
    ----------
    plan
        Only say what would be done.

    """
    from auth_portal.app import open_stores  # noqa: PLC0415 -- heavy

    chosen = settings(fresh=True)

    async def work() -> None:
        try:
            stores = await open_stores(chosen, command_log(chosen))
        except StorageError as fault:
            raise Sorry(str(fault)) from None
        try:
            steps = await stores.admin.plan()
            if plan or not steps:
                print("\n".join(steps) if steps else "The schema is current.")
                return
            with busy("Migrating"):
                await stores.admin.migrate(print)
            print("Done: the schema is current.")
        except StorageError as fault:
            raise Sorry(str(fault)) from None
        finally:
            await stores.close()

    wait_for(work())
