"""How much one satellite may send, and what is counted of what it sends wrong. Pure: time is a parameter."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum

LOG = logging.getLogger(__name__)
BURST_SECONDS = 2.0
"""So much of its allowance may come at once: Wi-Fi delivers what it held back in one go."""
RECOVERED = 0.5
"""Listened to again when so much of the burst is free: not at the first gap between two floods."""
MAX_KINDS = 32
MAX_NAMES = 1_000
OTHER = "other"
MAX_SHOWN_CHARS = 200


class Pace(Enum):
    """What a message changed about its sender."""

    STEADY = "steady"
    """It keeps to its allowance, and did before."""
    TOO_FAST = "too fast"
    """With this message it began to send too much."""
    STILL_TOO_FAST = "still too fast"
    """It has not slowed down yet."""
    SLOWED_DOWN = "slowed down"
    """It did, and is listened to again from this message on."""


ADMITTED = frozenset({Pace.STEADY, Pace.SLOWED_DOWN})


class Bucket:
    """Tokens that come back at `rate` a second, up to `BURST_SECONDS` of them."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._full = rate * BURST_SECONDS
        self._tokens = self._full

    def refill(self, seconds: float) -> None:
        """So much time has passed."""
        self._tokens = min(self._full, self._tokens + self._rate * max(0.0, seconds))

    def take(self, amount: float) -> bool:
        """Pay for something; what cannot be paid for still costs all that is there."""
        enough = amount <= self._tokens
        self._tokens = max(0.0, self._tokens - amount)
        return enough

    @property
    def recovered(self) -> bool:
        """Is enough free to be trusted again?"""
        return self._tokens >= RECOVERED * self._full


class RateLimiter:
    """One sender's allowance. What is refused counts too: a flood stays refused for as long as it lasts."""

    def __init__(self, messages_per_second: float, bytes_per_second: float, now: float) -> None:
        self._messages = Bucket(messages_per_second)
        self._bytes = Bucket(bytes_per_second)
        self._then = now
        self.too_fast = False
        """Is it not listened to at the moment?"""
        self.dropped = 0
        """Messages that were refused."""
        self.dropped_bytes = 0

    def weigh(self, size_bytes: int, now: float) -> Pace:
        """Account for one message; `now` is monotonic seconds. Listen to it if the pace is in `ADMITTED`."""
        for bucket in (self._messages, self._bytes):
            bucket.refill(now - self._then)
        self._then = max(now, self._then)
        trusted = not self.too_fast or (self._messages.recovered and self._bytes.recovered)
        paid = self._messages.take(1.0)
        paid = self._bytes.take(size_bytes) and paid
        before, self.too_fast = self.too_fast, not (trusted and paid)
        if not self.too_fast:
            return Pace.SLOWED_DOWN if before else Pace.STEADY
        self.dropped += 1
        self.dropped_bytes += size_bytes
        return Pace.STILL_TOO_FAST if before else Pace.TOO_FAST

    def admit(self, size_bytes: int, now: float) -> bool:
        """The same, for those who do not care about the change."""
        return self.weigh(size_bytes, now) in ADMITTED


class Faults:
    """Counts what came wrong by kind, and logs each kind once a satellite. Bounded in kinds and in names."""

    def __init__(self, log: Callable[..., None] = LOG.warning) -> None:
        self._log = log
        self._by_kind: dict[str, int] = {}
        self._by_name: dict[str, dict[str, int]] = {}

    def count(self, name: str, kind: str, detail: str = "") -> bool:
        """One more fault of this satellite; True when it was the first of its kind and was logged."""
        self._by_kind = _counted(self._by_kind, kind)
        known = self._by_name.get(name)
        if known is None:
            if len(self._by_name) >= MAX_NAMES:
                return False
            known = self._by_name[name] = {}
        before = len(known)
        _counted(known, kind)
        if len(known) == before:
            return False
        self._log("satellite %.64s: %s: %s (said once)", name, kind, detail[:MAX_SHOWN_CHARS])
        return True

    def forget(self, name: str) -> None:
        """This satellite is gone for good: its next fault is logged again."""
        self._by_name.pop(name, None)

    def counts(self) -> dict[str, int]:
        """Faults of all satellites by kind."""
        return dict(self._by_kind)

    def of(self, name: str) -> dict[str, int]:
        """Faults of one satellite by kind."""
        return dict(self._by_name.get(name, {}))


def _counted(counts: dict[str, int], kind: str) -> dict[str, int]:
    if kind not in counts and len(counts) >= MAX_KINDS:
        kind = OTHER
    counts[kind] = counts.get(kind, 0) + 1
    return counts
