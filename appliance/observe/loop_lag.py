"""How late the event loop wakes: what else runs in it keeps everything waiting that long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY_SECONDS = 1.0


async def watch(tell: Callable[[float], None], every_seconds: float = EVERY_SECONDS) -> None:
    """Tell the lag in seconds, at this pace, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + every_seconds
        await asyncio.sleep(every_seconds)
        tell(max(0.0, loop.time() - due))
