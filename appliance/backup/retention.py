"""Which snapshots are kept, and when the next is due. Pure.

Days, weeks and months are counted by those in which there are snapshots, never by age: a machine that was off
for a year keeps what it has. Clocks of small machines go wrong: snapshots from what is now the future were
made by a wrong clock, or this one is wrong. Nobody can tell, so they are thinned by the same rule, for
themselves, and never push out the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

DAY = timedelta(days=1)
TOLERANCE = timedelta(minutes=5)
"""Time servers move clocks by so much without anybody noticing."""
DUE_AFTER = DAY - timedelta(minutes=30)
"""Daily, with room for a start a little earlier than yesterday."""


class Keep(msgspec.Struct, frozen=True):
    """How many of each, at least one day."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 6


Bucket = Callable[[datetime], tuple[int, ...]]


def _day(time: datetime) -> tuple[int, ...]:
    return time.year, time.month, time.day


def _week(time: datetime) -> tuple[int, ...]:
    return time.isocalendar()[:2]


def _month(time: datetime) -> tuple[int, ...]:
    return time.year, time.month


def kept(times: Iterable[datetime], now: datetime, keep: Keep) -> frozenset[datetime]:
    """Those that stay, of snapshots made at `times` (all in UTC): the newest of each day, week and month."""
    everything = set(times)
    past = {time for time in everything if time <= now + TOLERANCE}
    return _thinned(past, keep) | _thinned(everything - past, keep)


def _thinned(times: set[datetime], keep: Keep) -> frozenset[datetime]:
    newest_first = sorted(times, reverse=True)
    found: set[datetime] = set()
    for bucket, count in ((_day, max(keep.daily, 1)), (_week, keep.weekly), (_month, keep.monthly)):
        found |= _newest_of(newest_first, bucket, count)
    return frozenset(found)


def _newest_of(newest_first: list[datetime], bucket: Bucket, count: int) -> set[datetime]:
    newest: dict[tuple[int, ...], datetime] = {}
    for time in newest_first:
        newest.setdefault(bucket(time), time)
    return set(list(newest.values())[:count])


def is_due(times: Iterable[datetime], now: datetime) -> bool:
    """Is it time for the next one? The future does not count: nobody waits years for a wrong clock."""
    return not any(now - DUE_AFTER < time <= now + TOLERANCE for time in times)
