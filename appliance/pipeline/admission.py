"""How many microphones the wake word stage can search without ever being late. Pure; times are seconds."""

from __future__ import annotations

from appliance.wire.messages import WakeLoad

CEILING = 0.8
"""Share of one core that may be spent: the rest is for the moments when everybody speaks."""
FLOOR = 0.65
"""Only below it another one is let in: a place that was just given up must not return at once."""
LATE_MS = 500
FIRST_GUESS = 0.03
"""Cost of one stream before it was measured."""
SETTLE_SECONDS = 2.0
"""What was opened later than this is not in the last report yet."""


class Admission:
    """Decides from the stage's own reports; streams are numbers."""

    def __init__(self, limit: int) -> None:
        """`limit` on streams besides the own microphone; 0 is as many as the processor allows."""
        self._limit = limit
        self._opened: dict[int, float] = {}
        self._busy = 0.0
        self._cost = FIRST_GUESS
        self.reason = ""
        """Why the streams of the last `load` must be given up."""

    def may_open(self, now: float) -> str:
        """Empty when another stream may be opened; else the reason, for people."""
        if self._limit and len(self._opened) >= self._limit:
            return f"{self._limit} are searched already (satellites.wake_streams)"
        fresh = sum(1 for opened in self._opened.values() if now - opened < SETTLE_SECONDS)
        ceiling = FLOOR if self.reason else CEILING
        if self._busy + (fresh + 1) * self._cost > ceiling:
            return f"the processor is busy with {len(self._opened)} others"
        return ""

    def opened(self, stream: int, now: float) -> None:
        """This one was opened."""
        self._opened[stream] = now

    def closed(self, stream: int) -> None:
        """This one is no more."""
        self._opened.pop(stream, None)
        if not self._opened:
            self._busy, self.reason = 0.0, ""

    def restarted(self, now: float) -> None:
        """The stage is a fresh one: it knows no streams and was never busy."""
        del now
        self._opened.clear()
        self._busy, self.reason = 0.0, ""

    def load(self, report: WakeLoad, now: float) -> tuple[int, ...]:
        """The streams to give up because of this report, newest first."""
        self._busy = report.busy
        settled = [stream for stream, opened in self._opened.items() if now - opened >= SETTLE_SECONDS]
        if report.streams and len(settled) == len(self._opened):
            self._cost = max(0.001, report.busy / (report.streams + 1))
        surplus = max(0.0, report.busy - CEILING) / self._cost
        late = report.lag_ms > LATE_MS
        count = max(int(surplus + 0.999), 1 if late else 0)
        newest = sorted(self._opened, key=lambda stream: self._opened[stream], reverse=True)
        if not count:
            if report.busy < FLOOR:
                self.reason = ""
            return ()
        self.reason = f"the processor can search {max(0, len(self._opened) - count)} microphones in time"
        return tuple(newest[:count])
