"""On which time the appliance hears a browser's sound. Pure; times are milliseconds.

The appliance listens from the moment on in which it is told to, so what was said just before a press, and is
sent after it, must be heard as if it were said then: from there on the browser's clock is shifted. The
appliance's own clock for a place never goes back, so the shift only grows.
"""

from __future__ import annotations

from appliance.web.talk.wire import RATE_HZ

BYTES_PER_MS = RATE_HZ * 2 // 1_000
MAX_AHEAD_MS = 8_000
"""So much more sound than time may be sent: the appliance drops what is above ten seconds."""
MAX_BREAK_MS = 60_000
"""A clock that leaps further was set anew."""
MARGIN_MS = 5
"""The appliance begins to listen a little after it was told to."""
OVERLAP_MS = 2
JITTER_SHARE = 1 / 16
"""As RFC 3550 weighs each packet."""


class Stamps:
    """One for each conversation."""

    def __init__(self) -> None:
        self.shift_ms = 0
        self.jitter_ms = 0.0
        """How unevenly the sound arrives (RFC 3550, 6.4.1)."""
        self._began_ms: float | None = None
        self._sent_ms = 0
        self._end_ms = 0
        """End of the last sound, on the appliance's clock."""
        self._newest = (0, 0.0)
        """What the appliance holds for now: its clock, and when that was."""
        self._transit_ms: float | None = None
        self._pressed = False

    def press(self) -> None:
        """What is sent next must be heard from now on, however old it is."""
        self._pressed = True
        self._transit_ms = None

    def stamp(self, clock_ms: int, size_bytes: int, now_ms: float) -> int | None:
        """The time of this sound for the appliance; None: it was heard already."""
        lasts_ms = size_bytes // BYTES_PER_MS
        if self._began_ms is None:
            self._began_ms = now_ms
            self._newest = (clock_ms + lasts_ms, now_ms)
        else:
            self._shift(clock_ms, now_ms)
        self._pressed = False
        self._measure(now_ms - clock_ms)
        at_ms = clock_ms + self.shift_ms
        if at_ms < max(0, self._end_ms - OVERLAP_MS):
            return None
        self._end_ms = at_ms + lasts_ms
        self._sent_ms += lasts_ms
        if self._end_ms >= self._clock(now_ms):
            self._newest = (self._end_ms, now_ms)
        return at_ms

    def shifted(self, clock_ms: int | None) -> int | None:
        """A time of the browser's clock, for the appliance."""
        return None if clock_ms is None else max(0, clock_ms + self.shift_ms)

    def _clock(self, now_ms: float) -> int:
        clock_ms, at_ms = self._newest
        return int(clock_ms + now_ms - at_ms)

    def _shift(self, clock_ms: int, now_ms: float) -> None:
        """For a clock that was set anew, and for sound from before a press."""
        late_ms = self._clock(now_ms) + MARGIN_MS - clock_ms - self.shift_ms
        if abs(late_ms) > MAX_BREAK_MS:
            self.shift_ms += late_ms
            self._end_ms = 0
            self._transit_ms = None
        elif self._pressed and late_ms > 0:
            ahead_ms = self._sent_ms - (now_ms - (self._began_ms or 0.0))
            if ahead_ms + late_ms <= MAX_AHEAD_MS:
                self.shift_ms += late_ms

    def _measure(self, transit_ms: float) -> None:
        if self._transit_ms is not None:
            self.jitter_ms += (abs(transit_ms - self._transit_ms) - self.jitter_ms) * JITTER_SHARE
        self._transit_ms = transit_ms
