"""Token buckets: how many requests somebody may make. The decision is pure; the table is bounded."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

MAX_VISITORS = 4_096


class Bucket(msgspec.Struct, frozen=True):
    """`level` requests could be made at once at the time `at` (seconds, monotonic)."""

    level: float
    at: float


def take(bucket: Bucket | None, now: float, most: float, per_second: float) -> tuple[Bucket, float]:
    """One request: the bucket after it, and for how many seconds it must wait (0: it may go).

    Nobody has more than `most` in hand, and a refusal costs nothing: who waits so long may go.
    """
    if bucket is None:
        bucket = Bucket(most, now)
    level = min(most, bucket.level + max(0.0, now - bucket.at) * per_second)
    if level >= 1:
        return Bucket(level - 1, now), 0.0
    return Bucket(level, now), (1 - level) / per_second


class Buckets:
    """One for everybody who came; who was away for longest is forgotten first."""

    def __init__(self, per_minute: int, at_most: int = MAX_VISITORS) -> None:
        self._per_minute = per_minute
        self._at_most = at_most
        self._known: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def wait_seconds(self, who: str, now: float) -> float:
        """0 when this request may go (and is counted), else how long to wait."""
        bucket, wait = take(self._known.pop(who, None), now, self._per_minute, self._per_minute / 60)
        self._known[who] = bucket
        while len(self._known) > self._at_most:
            self._known.popitem(last=False)
        return wait
