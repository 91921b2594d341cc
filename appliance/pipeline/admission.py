"""How many microphones the wake word stage can search without ever being late. Pure; times are seconds.

The stage measures what one stream of speech costs. So many are let in as it could take if everybody spoke at
once; when it falls behind all the same (the machine has other work), the newest are given up.
"""

from __future__ import annotations

from appliance.wire.messages import WakeLoad

CEILING = 0.8
"""Share of one core that may be needed when everybody speaks."""
LATE_MS = 600
"""A wake word that is noticed so much later than usual is as bad as one that is not."""
FIRST_GUESS = 0.03
"""Cost of one stream before it was measured."""
HOLD_SECONDS = 30.0
"""After something was given up, nobody new is let in for so long."""
LATE_REPORTS = 2
"""A single hiccup gives up nobody."""


class Admission:
    """Decides from the stage's own reports; streams are numbers."""

    def __init__(self, limit: int) -> None:
        """`limit` on streams besides the own microphone; 0 is as many as the processor allows."""
        self.limit = limit
        self._opened: list[int] = []
        self._cost = FIRST_GUESS
        self._late = 0
        self._closed_until = float("-inf")
        self._proven: int | None = None
        """How many were too many, less what was given up; None when all is well."""
        self.reason = ""
        """Why the streams of the last `load` must be given up."""

    @property
    def capacity(self) -> int:
        """How many streams fit beside the own one."""
        by_cost = max(0, int(CEILING / self._cost + 1e-9) - 1)
        proven = by_cost if self._proven is None else min(by_cost, self._proven)
        return min(proven, self.limit) if self.limit else proven

    def may_open(self, now: float) -> str:
        """Empty when another stream may be opened; else the reason, for people."""
        if now >= self._closed_until:
            self._proven = None
        count = len(self._opened)
        if self.limit and count >= self.limit:
            return f"{self.limit} are searched already (satellites.wake_streams)"
        if count >= self.capacity:
            return f"the processor can search no more than {self.capacity} satellites in time"
        return ""

    def opened(self, stream: int) -> None:
        """This one was opened."""
        self._opened.append(stream)

    def closed(self, stream: int) -> None:
        """This one is no more."""
        if stream in self._opened:
            self._opened.remove(stream)

    def restarted(self) -> None:
        """The stage is a fresh one and knows no streams."""
        self._opened.clear()
        self._late = 0

    def load(self, report: WakeLoad, now: float) -> tuple[int, ...]:
        """The streams to give up because of this report, newest first."""
        self._cost = report.cost
        self._late = self._late + 1 if report.lag_ms > LATE_MS or report.dropped else 0
        surplus = len(self._opened) - self.capacity
        if self._late >= LATE_REPORTS:
            self._late = 0
            surplus = max(surplus, 1, len(self._opened) // 8)
            self._proven = len(self._opened) - surplus
            self._closed_until = now + HOLD_SECONDS
        if surplus <= 0 or not self._opened:
            return ()
        self.reason = f"the processor can search no more than {self.capacity} satellites in time"
        return tuple(reversed(self._opened[-surplus:]))
