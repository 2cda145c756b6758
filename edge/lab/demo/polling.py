"""Waiting for another process to have done something: there is nobody who could tell us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_LOOK_S = 0.1


async def until(claim: Callable[[], bool], within_s: float) -> bool:
    """Look until ``claim`` is true, ``within_s`` seconds at most; whether it is."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + within_s
    while not claim():
        if loop.time() >= give_up_at:
            return False
        await asyncio.sleep(_LOOK_S)
    return True
