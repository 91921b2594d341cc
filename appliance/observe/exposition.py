"""Counters, gauges and histograms, and their text for Prometheus. Pure: no clock, no lock, nothing global.

The usual client library would do this too, for 6 MB of memory and 70 ms of start (it brings an HTTP server
and TLS), and without a bound on the number of series. Its parser, and promtool, judge ours in the tests.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from appliance.observe.logs import clean

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MAX_SERIES = 64
"""Label sets of one metric; whatever comes later is counted under `OTHER`."""
MAX_LABEL_CHARACTERS = 64
OTHER = "other"

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[str, ...]


class Sample(NamedTuple):
    """One line of the text."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float


class Family:
    """One metric: all series of one name."""

    kind: Kind

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        """`name` carries its unit; `about` is its HELP; `labels` are the names of its labels."""
        self.name = name
        self.about = about
        self.labels = tuple(labels)

    def samples(self) -> Iterator[Sample]:
        """Every series, in the order in which they first came."""
        raise NotImplementedError

    def _pairs(self, values: Labels) -> tuple[tuple[str, str], ...]:
        return tuple(zip(self.labels, values, strict=True))

    def _key(self, values: Sequence[str], known: Mapping[Labels, object]) -> Labels:
        """The series of these label values, which may come from a network: bounded in length and number."""
        if len(values) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}, not {len(values)}")
        key = tuple(clean(value, MAX_LABEL_CHARACTERS) for value in values)
        return key if key in known or len(known) < MAX_SERIES else (OTHER,) * len(key)


class _Single(Family):
    """One number a series; without labels it is there from the start."""

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, about, labels)
        self._values: dict[Labels, float] = {}

    def samples(self) -> Iterator[Sample]:
        """Every series."""
        for key, value in self._values.items():
            yield Sample(self.name, self._pairs(key), value)

    def value(self, *labels: str) -> float | None:
        """Of one series; None when it is not there."""
        return self._values.get(labels)


class Counter(_Single):
    """Only grows, while the process runs."""

    kind = "counter"

    def __init__(self, name: str, about: str, labels: Sequence[str] = ()) -> None:
        super().__init__(name, about, labels)
        if not labels:
            self._values[()] = 0.0

    def add(self, amount: float = 1.0, *labels: str) -> None:
        """So many more; what is no number, or less than nothing, is left out."""
        if math.isfinite(amount) and amount >= 0:
            key = self._key(labels, self._values)
            self._values[key] = self._values.get(key, 0.0) + amount

    def totals(self, counted: Iterable[tuple[Labels, float | None]]) -> None:
        """These are the totals now, counted elsewhere; a series that is no longer told goes."""
        _replace(self, self._values, counted)


class Gauge(_Single):
    """A number now."""

    kind = "gauge"

    def set(self, value: float | None, *labels: str) -> None:
        """It is this; None is not known, and the series goes."""
        key = self._key(labels, self._values)
        if value is None or not math.isfinite(value):
            self._values.pop(key, None)
        else:
            self._values[key] = float(value)

    def add(self, amount: float, *labels: str) -> None:
        """So much more, or less."""
        key = self._key(labels, self._values)
        self._values[key] = self._values.get(key, 0.0) + amount

    def replace(self, values: Iterable[tuple[Labels, float | None]]) -> None:
        """These are all there are."""
        _replace(self, self._values, values)


def _replace(family: Family, values: dict[Labels, float], new: Iterable[tuple[Labels, float | None]]) -> None:
    values.clear()
    for labels, value in new:
        if value is not None and math.isfinite(value):
            key = family._key(labels, values)  # noqa: SLF001 - both single-valued families share this
            # Beyond the bound they are one series: their sum.
            values[key] = values.get(key, 0.0) + value if key in values else float(value)


class _Buckets:
    def __init__(self, count: int) -> None:
        self.counts = [0] * count
        self.sum = 0.0


class Histogram(Family):
    """How often which size; `bounds` are the upper ends of its buckets, growing, without +Inf."""

    kind = "histogram"

    def __init__(self, name: str, about: str, bounds: Sequence[float], labels: Sequence[str] = ()) -> None:
        super().__init__(name, about, labels)
        self.bounds = tuple(bounds)
        self._series: dict[Labels, _Buckets] = {}
        if not labels:
            self._series[()] = _Buckets(len(self.bounds) + 1)

    def observe(self, value: float, *labels: str) -> None:
        """One more of this size; what is no number, or less than nothing, is left out."""
        if not math.isfinite(value) or value < 0:
            return
        key = self._key(labels, self._series)
        buckets = self._series.setdefault(key, _Buckets(len(self.bounds) + 1))
        buckets.counts[bisect_left(self.bounds, value)] += 1
        buckets.sum += value

    def count(self, *labels: str) -> int:
        """How many so far."""
        buckets = self._series.get(labels)
        return sum(buckets.counts) if buckets else 0

    def samples(self) -> Iterator[Sample]:
        """Of each series the buckets, each with everything below it, the sum and the count."""
        for key, buckets in self._series.items():
            pairs, below = self._pairs(key), 0
            for bound, count in zip((*self.bounds, math.inf), buckets.counts, strict=True):
                below += count
                yield Sample(f"{self.name}_bucket", (*pairs, ("le", number(bound))), below)
            yield Sample(f"{self.name}_sum", pairs, buckets.sum)
            yield Sample(f"{self.name}_count", pairs, below)


def number(value: float) -> str:
    """As Prometheus reads it."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def line(sample: Sample) -> str:
    """`name{label="value"} 1`."""
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels)
    return (
        f"{sample.name}{{{labels}}} {number(sample.value)}"
        if labels
        else f"{sample.name} {number(sample.value)}"
    )


def render(families: Iterable[Family]) -> str:
    """The whole text; a metric without a series yet is left out."""
    lines: list[str] = []
    for family in families:
        series = [line(sample) for sample in family.samples()]
        if series:
            about = family.about.replace("\\", "\\\\").replace("\n", "\\n")
            lines += [f"# HELP {family.name} {about}", f"# TYPE {family.name} {family.kind}", *series]
    return "\n".join([*lines, ""])
