"""Gives the memory of password hashes back to the machine once nobody signs in for a while."""

import asyncio
import ctypes
import sys
from collections.abc import Callable

M_ARENA_MAX = -8  # malloc.h
LOOK_EVERY = 5.0  # seconds


def share_one_arena() -> None:
    """One heap for all threads (glibc): trimming never reaches the top of a thread's own arena."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)


def _trim() -> None:
    """malloc_trim(3): freed blocks stay with the process until it says otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


async def return_memory(hashes: Callable[[], int], every: float = LOOK_EVERY) -> None:
    """Look again and again: when hashes were computed, and then none for `every` seconds, trim.

    Giving it back after each hash would cost a fifth of the hash in page faults; keeping it for
    ever costs the operator some 20 MiB for each slot.
    """
    trimmed_at = seen = hashes()
    while True:
        await asyncio.sleep(every)
        now = hashes()
        if now == seen and now != trimmed_at:
            await asyncio.to_thread(_trim)
            trimmed_at = now
        seen = now
