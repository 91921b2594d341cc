"""What of a running appliance goes into the figures of the last day (`dayring`), minute by minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from time import monotonic
from typing import Any

from appliance.observe.dayring import STEP_SECONDS, Day, DayRing, Figure
from appliance.observe.latency import Latencies
from appliance.observe.machine import Machine
from appliance.wire.notes import Note

MS, MB, DEGREES, PERCENT, NUMBER = "ms", "MB", "°C", "%", ""
Look = Callable[[], Awaitable[tuple[Mapping[str, Any], Machine, Mapping[str, float]]]]
"""The status, the machine, and the memory pressure of stages in percent."""


class Daily:
    """`note` watches the trace; `run` looks each minute."""

    def __init__(self, clock: Callable[[], float] = monotonic, wall: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._wall = wall
        self._ring = DayRing()
        self._latencies = Latencies(STEP_SECONDS)
        self._lag = 0.0

    def note(self, note: Note) -> None:
        """A watcher for `pipeline.trace.Trace.watch`."""
        self._latencies.take(note, self._clock())

    def lag(self, seconds: float) -> None:
        """How late the event loop woke; the worst of a minute is kept."""
        self._lag = max(self._lag, seconds)

    async def run(self, look: Look, every_seconds: float = STEP_SECONDS) -> None:
        """Until cancelled."""
        while True:
            self.take(*await look())
            await asyncio.sleep(every_seconds)

    def take(self, status: Mapping[str, Any], machine: Machine, pressures: Mapping[str, float]) -> None:
        """The figures of this minute."""
        now, lag, self._lag = self._clock(), self._lag, 0.0
        turns = {
            "first_audio_p50_ms": Figure(self._latencies.percentile(50, now), MS),
            "first_audio_p95_ms": Figure(self._latencies.percentile(95, now), MS),
            "loop_lag_ms": Figure(lag * 1000, MS),
        }
        self._ring.put(turns | dict(figures(status, machine, pressures)), now)

    def day(self, every: int = 1) -> Day:
        """All that is kept; `every` minutes are one."""
        return self._ring.day(self._clock(), self._wall(), every)


def figures(
    status: Mapping[str, Any], machine: Machine, pressures: Mapping[str, float]
) -> Iterator[tuple[str, Figure]]:
    """Of the machine, and of each stage `<name>.<stage>`. Pure."""
    yield "memory_mb", Figure(machine.memory_mb, MB)
    yield "memory_percent", Figure(machine.memory_percent, PERCENT)
    yield "load", Figure(machine.load, NUMBER)
    yield "temperature_c", Figure(machine.temperature_c, DEGREES)
    yield "pressure_percent", Figure(machine.memory_pressure_percent, PERCENT)
    yield "disk_free_mb", Figure(machine.disk_free_mb, MB)
    for stage in status.get("stages", ()):
        name = str(stage["name"])
        yield f"memory_mb.{name}", Figure(stage.get("memory_mb"), MB)
        if name in pressures:
            yield f"pressure_percent.{name}", Figure(pressures[name], PERCENT)
