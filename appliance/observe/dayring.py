"""Figures of the last day, a value a minute, in memory. Bounded; the clocks are parameters. Pure.

Nothing of it is written to the disk: a day of graphs is not worth the wear of a card, and who wants more
keeps it with Prometheus. A start begins with an empty day.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping

import msgspec

STEP_SECONDS = 60
KEPT_STEPS = 24 * 60
MAX_SERIES = 64
NOTHING = math.nan


class Figure(msgspec.Struct, frozen=True):
    """One value of one minute; None: there was none."""

    value: float | None
    unit: str


class Series(msgspec.Struct, frozen=True):
    """One line of a graph: a value for each step from the first, None where nothing was known."""

    unit: str
    values: list[float | None]


class Day(msgspec.Struct, frozen=True):
    """All of it; step `n` was `n * step_seconds` after `begins`."""

    step_seconds: int
    begins: int
    """Seconds since 1970, by the clock as it is set now."""
    series: dict[str, Series]


class DayRing:
    """`put` once a step, or less often; times in seconds of a monotonic clock."""

    def __init__(
        self, kept: int = KEPT_STEPS, step_seconds: int = STEP_SECONDS, max_series: int = MAX_SERIES
    ) -> None:
        self._kept = kept
        self._step_seconds = step_seconds
        self._max_series = max_series
        self._units: dict[str, str] = {}
        self._values: dict[str, array[float]] = {}
        self._newest: int | None = None

    def put(self, figures: Mapping[str, Figure], now: float) -> None:
        """What is true of this step; the second time in one step it replaces what was there."""
        step = int(now // self._step_seconds)
        self._forget(step)
        for name, figure in figures.items():
            if name not in self._values and len(self._values) < self._max_series:
                self._values[name] = array("f", [NOTHING]) * self._kept
            if name in self._values:
                self._units[name] = figure.unit
                self._values[name][step % self._kept] = NOTHING if figure.value is None else figure.value

    def _forget(self, step: int) -> None:
        """Empty what lies between the newest step and this one; what stays empty for a day leaves."""
        passed = self._kept if self._newest is None else min(self._kept, step - self._newest)
        for each in range(passed):
            for values in self._values.values():
                values[(step - each) % self._kept] = NOTHING
        self._newest = step if self._newest is None else max(step, self._newest)
        for name in [name for name, values in self._values.items() if all(map(math.isnan, values))]:
            del self._values[name], self._units[name]

    def day(self, now: float, wall: float, every: int = 1) -> Day:
        """From the first step with a value to the newest; `every` steps are one, as their mean.

        `wall` is `now` in seconds since 1970: a clock that is set moves the whole day with it.
        """
        newest = self._newest if self._newest is not None else int(now // self._step_seconds)
        steps = range(newest - self._kept + 1, newest + 1)
        kept = {name: [values[each % self._kept] for each in steps] for name, values in self._values.items()}
        begun = {name: next((at for at, each in enumerate(values) if math.isfinite(each)), None)
                 for name, values in kept.items()}  # fmt: skip
        known = {name: at for name, at in begun.items() if at is not None}
        skipped = min(known.values(), default=self._kept - 1)
        return Day(
            self._step_seconds * every,
            round(wall - now + (steps.start + skipped) * self._step_seconds),
            {name: Series(self._units[name], thinned(kept[name][skipped:], every)) for name in known},
        )


def thinned(values: list[float], every: int) -> list[float | None]:
    """Means of so many at a time, of those that are known; rounded to what a graph can show."""
    return [_mean(values[at : at + every]) for at in range(0, len(values), every)]


def _mean(values: list[float]) -> float | None:
    known = [each for each in values if math.isfinite(each)]
    return float(f"{sum(known) / len(known):.4g}") if known else None
