"""What the recogniser and the language model had to do lately: how many at once, how long one waited. Pure.

Fed with the messages that pass the supervisor; keeps numbers, no words.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from appliance.wire import messages

WINDOW_SECONDS = 3_600.0
MAX_KEPT = 512
MAX_OPEN = 256
"""Turns that begin and never end are forgotten: the oldest first."""
BYTES_PER_SECOND = 32_000
"""16 kHz mono s16le."""
SHORTEST_SECONDS = 1.0
"""Of sound: with less, a real-time factor says nothing."""
COUNTED = ("stt", "llm")


class Figures(msgspec.Struct, frozen=True):
    """Of one stage, in the last hour; None is not known."""

    in_use: int = 0
    """Turns that it works for now."""
    most_at_once: int = 0
    """For so many at the same time."""
    waited_p95_ms: float | None = None
    """A question's way to the model: in the line before it, while others were answered."""
    real_time_factor: float | None = None
    """Processor seconds for a second of sound; the worst of 20 in 19 of 20 sentences."""


class Window:
    """The newest `MAX_KEPT` numbers of the last hour."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, float]] = deque(maxlen=MAX_KEPT)

    def add(self, value: float, now: float) -> None:
        """One number at `now`, in seconds."""
        self._kept.append((now, value))

    def values(self, now: float) -> list[float]:
        """Those that are not too old."""
        while self._kept and now - self._kept[0][0] > WINDOW_SECONDS:
            self._kept.popleft()
        return [value for _, value in self._kept]


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The smallest that so many percent do not exceed; None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)] if ordered else None


class Load:
    """Of one stage. `cpu` gives the processor seconds that it has used so far, None when not known."""

    def __init__(self, deadline_ms: float, cpu: Callable[[], float | None] = lambda: None) -> None:
        """`deadline_ms` is what a question to the model has when it did not wait."""
        self.deadline_ms = deadline_ms
        self.used_at: float | None = None
        self._cpu = cpu
        self._open: dict[int, None] = {}
        self._ready_at: float | None = None
        self._answered = 0
        self._most = Window()
        self._waits = Window()
        self._factors = Window()
        self._sound_bytes = 0
        self._cpu_before: float | None = None

    @property
    def in_use(self) -> bool:
        """Does anybody wait for it?"""
        return bool(self._open)

    def ready(self, now: float) -> None:
        """A fresh process: it is told again what it is wanted for."""
        self._open.clear()
        self._sound_bytes, self._ready_at = 0, now
        self.used_at = now

    def sent(self, message: messages.Message, now: float) -> None:
        """It was told this, at `now` in seconds of a monotonic clock."""
        match message:
            case messages.ListenStart(turn=turn):
                if not self._open:
                    self._sound_bytes, self._cpu_before = 0, self._cpu()
                self._began(turn, now)
            case messages.Audio(pcm=pcm) if self._open:
                self._sound_bytes += len(pcm)
            case messages.Generate(turn=turn, deadline_ms=left_ms) if turn:
                self._waited(turn, max(0.0, self.deadline_ms - left_ms), now)
                self._began(turn, now)
            case messages.Cancel(turn=turn):
                self._open.pop(turn, None)

    def heard(self, message: messages.Message, now: float) -> None:
        """It said this."""
        match message:
            case messages.Transcript(turn=turn) | messages.Generated(turn=turn):
                if self._open.pop(turn, 0) is None:
                    self.used_at, self._answered = now, turn
                if isinstance(message, messages.Transcript) and not self._open:
                    self._measure(now)
            case _:
                return

    def figures(self, now: float) -> Figures:
        """What is known now."""
        most = max([len(self._open), *map(int, self._most.values(now))])
        waited = percentile(self._waits.values(now), 95)
        factor = percentile(self._factors.values(now), 95)
        return Figures(
            len(self._open),
            most,
            None if waited is None else round(waited, 1),
            None if factor is None else round(factor, 3),
        )

    def _waited(self, turn: int, ms: float, now: float) -> None:
        """Not for the model to be loaded, and not for what it looked up for its own answer."""
        asked_at = now - ms / 1000
        if turn != self._answered and self._ready_at is not None and asked_at >= self._ready_at:
            self._waits.add(ms, now)

    def _began(self, turn: int, now: float) -> None:
        self.used_at = now
        self._open[turn] = None
        while len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        self._most.add(len(self._open), now)

    def _measure(self, now: float) -> None:
        seconds, after = self._sound_bytes / BYTES_PER_SECOND, self._cpu()
        if self._cpu_before is not None and after is not None and seconds >= SHORTEST_SECONDS:
            self._factors.add(max(0.0, after - self._cpu_before) / seconds, now)
