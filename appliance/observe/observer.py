"""Puts logs and metrics of a running appliance together: what its owner connects, feeds and serves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic
from typing import Any

from appliance import __version__
from appliance.control import Handler
from appliance.observe import loop_lag, machine, ring, traces, turnlog
from appliance.observe.daily import Daily
from appliance.observe.machine import Machine
from appliance.observe.metrics import Metrics
from appliance.observe.requests import DayRequests, LogRequests, MetricsRequests
from appliance.observe.turnlog import TurnLog
from appliance.wire import messages
from appliance.wire.notes import Note

FRESH_SECONDS = 1.0
"""Who asks more often gets the figures of the last look."""
Seen = tuple[Mapping[str, Any], Machine, Mapping[str, float]]
"""The status, the machine, and the memory pressure of stages in percent."""


class Observer:
    """`start`, then `stop`. `note` watches the trace; `message` gets what stages say."""

    def __init__(
        self,
        status: Callable[[], Mapping[str, Any]],
        data: Path,
        writable: Callable[[float], bool],
        clock: Callable[[], float] = monotonic,
        *,
        otlp_url: str = "",
    ) -> None:
        """`status` is what `appliance status` shows; `writable` tells of the data directory, at a time.

        `otlp_url` is where traces are sent; "" makes none.
        """
        self.metrics = Metrics()
        self.daily = Daily(clock)
        self._turns = TurnLog(turnlog.boot(), clock)
        self._traces = traces.made(otlp_url, self._turns.ids, __version__)
        self._status = status
        self._data = data
        self._writable = writable
        self._clock = clock
        self._looked: float | None = None
        self._seen: Seen = {}, Machine(), {}
        self._looking = asyncio.Lock()
        self._ring = ring.install()

    def close(self) -> None:
        """Keep no lines any more."""
        ring.remove(self._ring)
        if self._traces is not None:
            self._traces.close()

    async def run(self) -> None:
        """Measure how late the event loop is, and look each minute, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(loop_lag.watch(self._lag), name="loop lag")
            group.create_task(self.daily.run(self._minute), name="day")

    def _lag(self, seconds: float) -> None:
        self.metrics.lag(seconds)
        self.daily.lag(seconds)

    async def _minute(self) -> Seen:
        await self.refresh()
        return self._seen

    def note(self, note: Note) -> None:
        """A watcher for `pipeline.trace.Trace.watch`."""
        self.metrics.take(note)
        self.daily.note(note)
        step = self._turns.note(note)
        if self._traces is not None:
            self._traces.take(note, step)

    def message(self, stage: str, message: messages.Message) -> AbstractContextManager[None]:
        """Counts a message of a stage; what is logged while it is handled inside belongs to its turn."""
        self.metrics.message(message, self._clock())
        return self._turns.working(getattr(message, "turn", 0), stage)

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return (
            MetricsRequests(self.metrics, self.refresh).handlers()
            | LogRequests(self._ring).handlers()
            | DayRequests(self.daily).handlers()
        )

    async def refresh(self) -> None:
        """Look at everything now, unless that was done in the last `FRESH_SECONDS`."""
        async with self._looking:
            now = self._clock()
            if self._looked is not None and now - self._looked < FRESH_SECONDS:
                return
            status = self._status()
            stages = status.get("stages", ())
            look, pressures, writable = await asyncio.to_thread(self._look, stages, now)
            self.metrics.sample(status, now, look, store_writable=writable, pressures=pressures)
            self._looked, self._seen = now, (status, look, pressures)

    def _look(
        self, stages: Iterable[Mapping[str, Any]], now: float
    ) -> tuple[Machine, dict[str, float], bool]:
        return machine.look(self._data), pressures(stages), self._writable(now)


def pressures(stages: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Stage → share of the last minute in which it waited for memory, in %; of those with a group alone."""
    found = {
        str(each["name"]): machine.pressure(Path(each["cgroup"]) / "memory.pressure")
        for each in stages
        if each.get("cgroup")
    }
    return {name: percent for name, percent in found.items() if percent is not None}
