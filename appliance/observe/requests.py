"""What the local socket can ask of metrics and log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.observe.daily import Daily
from appliance.observe.exposition import CONTENT_TYPE
from appliance.observe.metrics import Metrics, shown
from appliance.observe.ring import Ring

FORMS = ("text", "samples")
MAX_EVERY = 60


class MetricsRequests:
    """Handlers by name."""

    def __init__(self, metrics: Metrics, refresh: Callable[[], Awaitable[None]] | None = None) -> None:
        """`refresh` gives the metrics a fresh `sample` before they are read."""
        self._metrics = metrics
        self._refresh = refresh

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"metrics": self._read}

    async def _read(self, request: Answer) -> Answer:
        """`form` is "text", as Prometheus reads it, or "samples"."""
        form = request.get("form", "text")
        if form not in FORMS:
            raise ControlError("metrics: `form` is one of " + ", ".join(FORMS))
        if self._refresh is not None:
            await self._refresh()
        if form == "samples":
            return {"samples": msgspec.to_builtins(shown(self._metrics.samples()))}
        return {"content_type": CONTENT_TYPE, "text": self._metrics.render()}


class LogRequests:
    """Handlers by name."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"logs": self._read}

    async def _read(self, request: Answer) -> Answer:
        """One page of lines: `after` is the `next` of the page before, 0 begins with the oldest."""
        after = request.get("after", 0)
        if not isinstance(after, int) or isinstance(after, bool) or after < 0:
            raise ControlError("logs: `after` is a number, 0 or what the answer before called `next`")
        return self._ring.page(after)._asdict()


class DayRequests:
    """Handlers by name."""

    def __init__(self, daily: Daily) -> None:
        self._daily = daily

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"health_history": self._read}

    async def _read(self, request: Answer) -> Answer:
        """Figures of the last day; `every` minutes are one value."""
        every = request.get("every", 1)
        if not isinstance(every, int) or isinstance(every, bool) or not 1 <= every <= MAX_EVERY:
            raise ControlError(f"health_history: `every` is a number of minutes, 1 to {MAX_EVERY}")
        answer: Answer = msgspec.to_builtins(self._daily.day(every))
        return answer
