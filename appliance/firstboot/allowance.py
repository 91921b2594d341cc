"""How much one guest of the hotspot may ask for. Pure; time is a parameter in seconds."""

from __future__ import annotations

from collections import OrderedDict

MAX_GUESTS = 64


class Allowances:
    """A bucket for each address: `burst` at once, then `per_second`. The longest unseen are forgotten."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = burst
        self._rate = per_second
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, guest: str, now: float) -> bool:
        """May this guest have one more answer?"""
        left, before = self._left.pop(guest, (self._burst, now))
        left = min(self._burst, left + max(0.0, now - before) * self._rate)
        granted = left >= 1.0
        self._left[guest] = (left - 1.0 if granted else left, now)
        while len(self._left) > MAX_GUESTS:
            self._left.popitem(last=False)
        return granted
