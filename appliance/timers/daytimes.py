"""Spoken times of day with their day or repetition: "half past seven tomorrow", "jeden Werktag um 7". Pure.

Readers are like those of `quantities`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from appliance.timers.calendar import NOON, When
from appliance.timers.quantities import duration, number, one_of, phrase
from appliance.timers.tables import DayWord, Tables

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DOTTED = re.compile(r"(\d{1,2})[.,](\d{2})")
LAST_EVENING_HOUR, FIRST_EVENING_HOUR = 12, 6


class Clock(msgspec.Struct, frozen=True):
    """A time of day; `clock12`: either half of the day may be meant."""

    hour: int
    minute: int = 0
    clock12: bool = True


def when(words: Sequence[str], at: int, tables: Tables) -> tuple[When, int] | None:
    """All of day, time, part of the day and repetition that stands here together, in any order."""
    said: dict[str, Any] = {}
    while True:
        element = _element(words, at, tables, first=not said)
        if element is None or said.keys() & element[0].keys():
            break
        said |= element[0]
        at = element[1]
    return (_combined(said), at) if said.keys() - {"half"} else None


def _element(
    words: Sequence[str], at: int, tables: Tables, *, first: bool
) -> tuple[dict[str, Any], int] | None:
    day = _day(words, at, tables)
    if day is not None:
        return _fields(day[0]), day[1]
    half = phrase(words, at, tables.halves)
    if half is not None and not first:
        return {"half": half[0]}, half[1]
    led = at < len(words) and words[at] in tables.at
    start = at + 1 if led else at
    timed = clock(words, start, tables, bare=led)
    if timed is not None:
        return {"clock": timed[0]}, timed[1]
    if led:
        return _element(words, start, tables, first=False) if not first else None
    return None


def _fields(day: DayWord) -> dict[str, Any]:
    """What a phrase says; a day and a repetition exclude each other."""
    fields: dict[str, Any] = {"half": day.half} if day.half else {}
    if day.in_days >= 0 or day.weekday >= 0 or day.days:
        fields["day"] = day
    return fields


def _combined(said: dict[str, Any]) -> When:
    day: DayWord = said.get("day", DayWord())
    timed: Clock | None = said.get("clock")
    half = said.get("half", "")
    hour, minute = (timed.hour, timed.minute) if timed else (-1, 0)
    if half == "night":
        half = "pm" if FIRST_EVENING_HOUR <= hour < LAST_EVENING_HOUR else "am"
    open12 = timed is not None and timed.clock12 and not half and 1 <= hour <= NOON
    if hour > NOON or hour == 0:
        half = ""
    return When(hour, minute, half, open12, day.in_days, day.weekday, day.days)


def _day(words: Sequence[str], at: int, tables: Tables) -> tuple[DayWord, int] | None:
    named = phrase(words, at, tables.days)
    if named is not None:
        return named
    again = _weekdays(words, at, tables)
    if again is not None:
        return again
    start = at
    while start < len(words) and words[start] in tables.on:
        start += 1
    if start < len(words) and words[start] in tables.weekdays:
        return DayWord(weekday=tables.weekdays[words[start]]), start + 1
    return _day(words, start, tables) if start > at else None


def _weekdays(words: Sequence[str], at: int, tables: Tables) -> tuple[DayWord, int] | None:
    """Every monday and friday; mondays and fridays."""
    found: list[int] = []
    names = tables.again
    if at < len(words) and words[at] in tables.every:
        at, names = at + 1, {**tables.again, **tables.weekdays}
    after = at
    while after < len(words) and words[after] in names:
        found.append(names[words[after]])
        at = after + 1
        joined = at < len(words) and words[at] in tables.joiners | tables.every
        after = at + 1 if joined else at
        after = after + 1 if joined and after < len(words) and words[after] in tables.every else after
    return (DayWord(days=tuple(sorted(set(found)))), at) if found else None


def clock(words: Sequence[str], at: int, tables: Tables, *, bare: bool) -> tuple[Clock, int] | None:
    """A time of day; `bare`: a number alone is one too, because of what stood before it."""
    found = (
        _named(words, at, tables)
        or _digits(words, at, tables, bare=bare)
        or _relative(words, at, tables)
        or _plain(words, at, tables, bare=bare)
    )
    if found is None or (found[1] < len(words) and words[found[1]] in tables.units):
        return None
    return found


def _named(words: Sequence[str], at: int, tables: Tables) -> tuple[Clock, int] | None:
    named = phrase(words, at, tables.noon)
    return (Clock(named[0], 0, clock12=False), named[1]) if named else None


def _digits(words: Sequence[str], at: int, tables: Tables, *, bare: bool) -> tuple[Clock, int] | None:
    """7:30, and 7.30 where a time is expected."""
    if at >= len(words):
        return None
    match = _CLOCK.fullmatch(words[at]) or (_DOTTED.fullmatch(words[at]) if bare else None)
    if match is None or int(match[1]) > 24 or int(match[2]) > 59:
        return None
    hour = int(match[1])
    twelve = not tables.literal_clock and not match[1].startswith("0") and 1 <= hour <= NOON
    after = _past(words, at + 1, tables.oclock)
    return Clock(hour % 24, int(match[2]), twelve), after


def _past(words: Sequence[str], at: int, table: frozenset[str]) -> int:
    return at + 1 if at < len(words) and words[at] in table else at


def _hour(words: Sequence[str], at: int, tables: Tables) -> tuple[int, int] | None:
    counted = number(words, at, tables)
    if counted is None or words[at] in tables.articles or not 0 <= counted[0] <= 24:
        return None
    return (int(counted[0]), counted[1]) if counted[0] == int(counted[0]) else None


def _relative(words: Sequence[str], at: int, tables: Tables) -> tuple[Clock, int] | None:
    """Half past seven, quarter to eight, ten past six, viertel acht, fünf vor halb acht."""
    offset = phrase(words, at, {**tables.half, **tables.quarters})
    if offset is not None:
        found = _hour(words, offset[1], tables)
        if found is not None and found[0] > 0:
            return _shifted(found[0], offset[0]), _past(words, found[1], tables.oclock)
    return _before_or_after(words, at, tables)


def _before_or_after(words: Sequence[str], at: int, tables: Tables) -> tuple[Clock, int] | None:
    minutes = _minutes(words, at, tables)
    if minutes is None or minutes[1] >= len(words) or words[minutes[1]] not in tables.past | tables.to:
        return None
    sign = 1 if words[minutes[1]] in tables.past else -1
    half = phrase(words, minutes[1] + 1, tables.half) if tables.literal_clock else None
    base, start = half or (0, minutes[1] + 1)
    named = _named(words, start, tables)
    found = (named[0].hour or 24, named[1]) if named else _hour(words, start, tables)
    if found is None:
        return None
    shifted = _shifted(found[0], base + sign * minutes[0])
    if named:
        shifted = msgspec.structs.replace(shifted, clock12=False)
    return shifted, _past(words, found[1], tables.oclock)


def _minutes(words: Sequence[str], at: int, tables: Tables) -> tuple[int, int] | None:
    """A quarter, ten, ten minutes."""
    quarter = one_of(words, at, tables.quarter)
    if quarter is not None:
        return 15, quarter
    counted = number(words, at, tables)
    if counted is None or not 1 <= counted[0] < 60 or counted[0] != int(counted[0]):
        return None
    after = counted[1]
    if after < len(words) and tables.units.get(words[after]) == 60:
        after += 1
    return int(counted[0]), after


def _shifted(hour: int, minutes: int) -> Clock:
    """An hour of 12 or 24 and some minutes more or less."""
    twelve = 1 <= hour <= NOON
    total = hour * 60 + minutes
    shifted = total // 60
    if twelve:
        shifted = (shifted - 1) % NOON + 1
    return Clock(shifted % 24, total % 60, twelve)


def _plain(words: Sequence[str], at: int, tables: Tables, *, bare: bool) -> tuple[Clock, int] | None:
    """Seven o'clock, 7 am, seven thirty, 19 Uhr 30."""
    found = _hour(words, at, tables)
    if found is None or duration(words, at, tables) is not None:
        return None
    hour, after = found
    minute, past_minute = _spoken_minute(words, after, tables, bare=bare)
    marked = after < len(words) and words[after] in tables.oclock
    if marked:
        minute, past_minute = _spoken_minute(words, after + 1, tables, bare=tables.literal_clock)
    halved = _half_follows(words, past_minute, tables)
    if not (bare or marked or halved):
        return None
    literal = tables.literal_clock and marked
    return Clock(hour % 24, minute, clock12=not literal and 1 <= hour <= NOON), past_minute


def _half_follows(words: Sequence[str], at: int, tables: Tables) -> bool:
    found = phrase(words, at, tables.halves)
    return found is not None


def _spoken_minute(words: Sequence[str], at: int, tables: Tables, *, bare: bool) -> tuple[int, int]:
    """Thirty, oh five; 0 when there is none."""
    if at < len(words) and words[at] in tables.zero:
        digit = number(words, at + 1, tables)
        if digit is not None and 1 <= digit[0] <= 9:
            return int(digit[0]), digit[1]
    counted = number(words, at, tables)
    whole = counted is not None and counted[0] == int(counted[0]) and words[at] not in tables.articles
    if counted is None or not whole or not 1 <= counted[0] < 60:
        return 0, at
    follows = words[counted[1]] if counted[1] < len(words) else ""
    small = counted[0] < 10 and not tables.literal_clock
    if small or follows in tables.units or (not bare and not _half_follows(words, counted[1], tables)):
        return 0, at
    return int(counted[0]), counted[1]
