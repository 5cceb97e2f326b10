"""Doing several things at once that do not depend on each other."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

First = TypeVar("First")


async def together(first: Coroutine[Any, Any, First], *others: Coroutine[Any, Any, object]) -> First:
    """Do all of them to their end, whatever becomes of one; the outcome of the first.

    Raises what the earliest that failed raised. What several of them write to SQLite shares a commit,
    since it is wanted in one turn of the loop.
    """
    outcomes = await asyncio.gather(first, *others, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    told: First = outcomes[0]
    return told
