"""How long answers took lately: from the end of speech to the first sound. Bounded; no words. Pure."""

from __future__ import annotations

import math
from collections import OrderedDict, deque

from appliance.wire.notes import Note

WINDOW_SECONDS = 300.0
MAX_KEPT = 512
MAX_TURNS = 256
LONGEST_MS = 120_000


class Latencies:
    """The newest `MAX_KEPT` of the last `window_seconds`."""

    def __init__(self, window_seconds: float = WINDOW_SECONDS) -> None:
        self._window = window_seconds
        self._kept: deque[tuple[float, float]] = deque(maxlen=MAX_KEPT)
        self._started: OrderedDict[int, int] = OrderedDict()
        self.last_ms: float | None = None
        """Of the last turn that answered, however long ago."""

    def take(self, note: Note, now: float) -> float | None:
        """One note of a turn; its latency in ms when this was its first sound."""
        if note.turn and note.turn not in self._started and note.kind not in {"done", "stage"}:
            self._started[note.turn] = note.at_ms
            while len(self._started) > MAX_TURNS:
                self._started.popitem(last=False)
        if note.kind == "done":
            self._started.pop(note.turn, None)
        if note.kind != "first_audio":
            return None
        since = note.data.get("speech_end_ms") or self._started.get(note.turn, note.at_ms)
        return self.add(note.at_ms - since, now)

    def add(self, ms: float, now: float) -> float | None:
        """One latency; None when it is none."""
        if not 0 <= ms <= LONGEST_MS:
            return None
        self._kept.append((now, float(ms)))
        self.last_ms = float(ms)
        return self.last_ms

    def percentile(self, percent: float, now: float) -> float | None:
        """The smallest latency that so many percent do not exceed; None without any in the window."""
        while self._kept and now - self._kept[0][0] > self._window:
            self._kept.popleft()
        if not self._kept:
            return None
        ordered = sorted(ms for _, ms in self._kept)
        return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
