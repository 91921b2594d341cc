"""Local times, zones and repetition. Arithmetic only: the time is a parameter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from appliance.timers.model import TimerError

DAY_SECONDS = 86_400
NEXT_DAYS = 8
"""A repeated time comes within so many days."""
NOON = 12
LAST_YEAR, LAST_SECONDS = 3_000, 32_503_680_000.0
"""No clock is right that is later."""


class When(msgspec.Struct, frozen=True):
    """A time of day as people say it. Nothing about the day means the next time it is so late."""

    hour: int = -1
    """0 to 23, or 1 to 12 while `half` is open; -1 when no time of day was said."""
    minute: int = 0
    half: str = ""
    """"am", "pm", or empty: as said, or whichever comes first when `clock12`."""
    clock12: bool = False
    """Could mean the morning or the evening."""
    in_days: int = -1
    """0 is today, 1 tomorrow; -1 when not said."""
    weekday: int = -1
    """Monday is 0; -1 when not said."""
    days: tuple[int, ...] = ()
    """Weekdays of a repetition."""


@lru_cache(maxsize=32)
def zone(name: str) -> ZoneInfo:
    """The zone of this IANA name. Raises TimerError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimerError(
            f"there is no time zone {name[:64]!r}", 'set timers.zone to a name such as "Europe/Berlin"'
        ) from error


def local(wall_s: float, zone_name: str) -> dt.datetime:
    """The local time there, without a zone of its own, to the second."""
    there = dt.datetime.fromtimestamp(min(max(wall_s, 0.0), LAST_SECONDS), zone(zone_name))
    return there.replace(tzinfo=None, microsecond=0)


def epoch(at: str, zone_name: str) -> float:
    """Seconds since 1970 of a local time.

    A time that the clocks skip in spring is as much later as they jump; one that comes twice in autumn is
    the first of both.
    """
    return parse(at).replace(tzinfo=zone(zone_name), fold=0).timestamp()


def parse(at: str) -> dt.datetime:
    """A local time from its text. Raises TimerError."""
    try:
        parsed = dt.datetime.fromisoformat(at)
    except ValueError as error:
        raise TimerError(f"{at[:40]!r} is no local time") from error
    return parsed.replace(tzinfo=None)


def written(at: dt.datetime) -> str:
    """A local time as text, to the minute."""
    return at.isoformat(timespec="minutes")


def following(at: str, days: Iterable[int], after: dt.datetime) -> str:
    """The next time of day of `at` on one of these weekdays, later than `at` and than `after`."""
    first = parse(at)
    begin = max(first, after)
    wanted = frozenset(days)
    for ahead in range(NEXT_DAYS + 1):
        day = begin.date() + dt.timedelta(days=ahead)
        candidate = dt.datetime.combine(day, first.time())
        if candidate > begin and day.weekday() in wanted:
            return written(candidate)
    raise TimerError("a repetition without a weekday")


def resolve(when: When, now: dt.datetime) -> dt.datetime | None:
    """The local moment that is meant, later than `now`; None when that day's time is already past."""
    hours = _hours(when)
    days = when.days or ((when.weekday,) if when.weekday >= 0 else ())
    if when.in_days >= 0:
        dates = [now.date() + dt.timedelta(days=when.in_days)]
    else:
        dates = [now.date() + dt.timedelta(days=ahead) for ahead in range(NEXT_DAYS + 1)]
        dates = [date for date in dates if not days or date.weekday() in days]
    moments = (dt.datetime.combine(date, dt.time(hour, when.minute)) for date in dates for hour in hours)
    return next((moment for moment in moments if moment > now), None)


def hour24(when: When) -> int:
    """The hour of the day as it was said, without guessing the half of the day."""
    if when.half == "am" and when.hour <= NOON:
        return when.hour % NOON
    if when.half == "pm" and when.hour <= NOON:
        return when.hour % NOON + NOON
    return when.hour % 24


def _hours(when: When) -> tuple[int, ...]:
    """The hours of the day that are meant, likeliest first."""
    if when.half or not when.clock12 or not 1 <= when.hour <= NOON:
        return (hour24(when),)
    early, late = when.hour % NOON, when.hour % NOON + NOON
    if when.in_days > 0 or when.weekday >= 0 or when.days:
        # Another day: "seven" is the morning, "two" is not the night.
        return (early,) if early >= FIRST_MORNING_HOUR else (late,)
    return early, late


FIRST_MORNING_HOUR = 5
"""Nobody who says "tomorrow at three" means the night."""
