"""When something has been wrong for long enough to say so, and right for long enough to stop. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

AlertName = Literal["latency", "memory", "recogniser", "store"]

LATENCY_LIMIT_MS = 2_000
MEMORY_LIMIT_PERCENT = 90.0


class Rule(msgspec.Struct, frozen=True):
    """Wrong for `raise_seconds` on end raises it, right for `clear_seconds` on end clears it."""

    raise_seconds: float
    clear_seconds: float
    hint: str


RULES: dict[AlertName, Rule] = {
    "latency": Rule(300.0, 60.0, "appliance status; a smaller model or fewer satellites make it faster"),
    "memory": Rule(300.0, 60.0, "appliance status shows what each stage uses"),
    "recogniser": Rule(60.0, 5.0, "appliance status says what the stt stage waits for"),
    "store": Rule(30.0, 5.0, "is the disk full or mounted read-only? df -h; mount"),
}
STALE_SECONDS = 60.0
"""After a gap this long between two samples nobody knows what was meanwhile: counting starts anew."""


class Sample(msgspec.Struct, frozen=True):
    """What is measured; None is not known, which neither raises nor clears."""

    p95_ms: float | None = None
    memory_percent: float | None = None
    recogniser_ready: bool | None = None
    store_writable: bool | None = None

    def wrong(self, name: AlertName) -> bool | None:
        """Is this one's condition there now?"""
        match name:
            case "latency":
                return None if self.p95_ms is None else self.p95_ms > LATENCY_LIMIT_MS
            case "memory":
                return None if self.memory_percent is None else self.memory_percent > MEMORY_LIMIT_PERCENT
            case "recogniser":
                return None if self.recogniser_ready is None else not self.recogniser_ready
            case "store":
                return None if self.store_writable is None else not self.store_writable

    def reason(self, name: AlertName) -> str:
        """The same in words."""
        match name:
            case "latency":
                return f"19 of 20 answers took up to {(self.p95_ms or 0.0) / 1000:.1f} s"
            case "memory":
                return f"{self.memory_percent or 0.0:.0f} % of the memory is in use"
            case "recogniser":
                return "the speech recogniser is down"
            case "store":
                return "the data directory cannot be written"


class Alert(msgspec.Struct, frozen=True):
    """One alert now; `reason` and `hint` are empty while it is off."""

    name: AlertName
    on: bool
    reason: str = ""
    hint: str = ""


class _Window:
    """One condition over time."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._since: float | None = None
        self._seen: float | None = None
        self.on = False

    def take(self, wrong: bool | None, now: float) -> None:
        """One sample."""
        gap = self._seen is not None and now - self._seen > STALE_SECONDS
        self._seen = now
        if wrong is None or wrong == self.on or gap:
            self._since = now if wrong is not None and wrong != self.on else None
            return
        self._since = now if self._since is None else self._since
        wait = self._rule.clear_seconds if self.on else self._rule.raise_seconds
        if now - self._since >= wait:
            self.on, self._since = not self.on, None


class Alerts:
    """All of them, fed with samples at any pace below `STALE_SECONDS`."""

    def __init__(self) -> None:
        self._windows = {name: _Window(rule) for name, rule in RULES.items()}

    def take(self, sample: Sample, now: float) -> tuple[Alert, ...]:
        """How all stand after this sample at `now` (seconds of a monotonic clock)."""
        for name, window in self._windows.items():
            window.take(sample.wrong(name), now)
        return tuple(
            Alert(name, True, sample.reason(name), RULES[name].hint) if window.on else Alert(name, False)
            for name, window in self._windows.items()
        )
