"""The timers of one room: the deadline of the phase, and the thinking sound while an answer is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from appliance.pipeline.thinking import Thinking


class Clockwork:
    """`late` is called at the deadline, `tick` now and then while somebody waits."""

    def __init__(self, late: Callable[[], None], tick: Callable[[], None]) -> None:
        self._late = late
        self._thinking = Thinking(tick)
        self._timer: asyncio.TimerHandle | None = None

    def arm(self, deadline: float | None, thinks_after_seconds: float | None) -> None:
        """From now on; a deadline is a time of the event loop, None is none."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._timer = asyncio.get_running_loop().call_at(deadline, self._late)
        if thinks_after_seconds is not None:
            self._thinking.begin(thinks_after_seconds)
        else:
            self._thinking.end()

    def end(self) -> None:
        """Nothing more happens by itself."""
        self._thinking.end()
        if self._timer is not None:
            self._timer.cancel()


def now() -> float:
    """The event loop's clock, in seconds."""
    return asyncio.get_running_loop().time()
