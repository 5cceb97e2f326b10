"""Lets the memory of password hashes go back to the machine as soon as they are computed."""

import ctypes
import sys

M_ARENA_MAX = -8  # malloc.h


def share_one_arena() -> None:
    """One heap for all threads (glibc): a hashing thread's own arena would keep 19 MiB for ever.

    Measured: no difference in the time of a hash, 38 MiB less at rest with two slots.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
