"""The thinking sound: a soft tick now and then while an answer takes long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

BETWEEN_SECONDS = 1.2


class Thinking:
    """Ticks between `begin` and `end`; both may be called again and again."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, after_seconds: float) -> None:
        """Tick from then on; a tick that waits already keeps its time."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(after_seconds, self._sound)

    def end(self) -> None:
        """Tick no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sound(self) -> None:
        self._tick()
        self._timer = asyncio.get_running_loop().call_later(BETWEEN_SECONDS, self._sound)
