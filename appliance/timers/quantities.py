"""Spoken numbers and lengths: "an hour and a half", "two and a half minutes", "zehn Minuten". Pure.

A reader takes the folded words and a place among them, and gives a value and the place after it, or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from appliance.timers.tables import Phrase, Tables

_T = TypeVar("_T")
_DIGITS = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?")
HOUR_SECONDS, MINUTE_SECONDS = 3_600, 60
MAX_DIGITS_SECONDS = 10**9


def phrase(words: Sequence[str], at: int, table: Mapping[Phrase, _T]) -> tuple[_T, int] | None:
    """The longest phrase of the table that stands here."""
    longest = max(map(len, table), default=0)
    for length in range(min(longest, len(words) - at), 0, -1):
        value = table.get(tuple(words[at : at + length]))
        if value is not None:
            return value, at + length
    return None


def one_of(words: Sequence[str], at: int, phrases: frozenset[Phrase]) -> int | None:
    """The place after one of these phrases."""
    found = phrase(words, at, dict.fromkeys(phrases, 1))
    return found[1] if found else None


def number(words: Sequence[str], at: int, tables: Tables) -> tuple[float, int] | None:
    """A number in digits or words, up to 999."""
    if at >= len(words):
        return None
    if _DIGITS.fullmatch(words[at]):
        return float(words[at].replace(",", ".")), at + 1
    below = _below_hundred(words, at, tables)
    if below is None or below[1] >= len(words) or words[below[1]] not in tables.hundred:
        return below
    hundreds, after = below[0] * 100, below[1] + 1
    rest_at = after + 1 if after < len(words) and words[after] in tables.joiners else after
    rest = _below_hundred(words, rest_at, tables)
    is_article = rest_at < len(words) and words[rest_at] in tables.articles
    return (hundreds + rest[0], rest[1]) if rest and not is_article else (hundreds, after)


def _below_hundred(words: Sequence[str], at: int, tables: Tables) -> tuple[float, int] | None:
    value = tables.numbers.get(words[at]) if at < len(words) else None
    if value is None:
        return None
    if words[at] in tables.tens and at + 1 < len(words) and words[at + 1] not in tables.articles:
        ones = tables.numbers.get(words[at + 1], 0.0)
        if 1 <= ones <= 9:
            return value + ones, at + 2
    return value, at + 1


def duration(words: Sequence[str], at: int, tables: Tables) -> tuple[float, int] | None:
    """A length in seconds; its parts go from large to small units."""
    first = _part(words, at, tables)
    if first is None:
        return None
    total, after, unit = first
    while True:
        more = _part(words, _past_joiner(words, after, tables), tables)
        if more is None or more[2] >= unit:
            break
        total, after, unit = total + more[0], more[1], more[2]
    if unit == HOUR_SECONDS:
        total, after = _bare_minutes(words, total, after, tables)
    return total, after


def _past_joiner(words: Sequence[str], at: int, tables: Tables) -> int:
    return at + 1 if at < len(words) and words[at] in tables.joiners else at


def _part(words: Sequence[str], at: int, tables: Tables) -> tuple[float, int, int] | None:
    """One number with its unit: (seconds, place after it, seconds of the unit)."""
    fixed = phrase(words, at, tables.fixed)
    if fixed is not None:
        return fixed[0], fixed[1], MINUTE_SECONDS
    counted = number(words, at, tables)
    if counted is None:
        return None
    count, after = counted
    if after + 1 < len(words) and words[after] in tables.more and words[after + 1] in tables.units:
        after += 1
    extra = phrase(words, after, tables.fractions)
    if extra is not None and extra[1] < len(words) and words[extra[1]] in tables.units:
        count, after = count + extra[0], extra[1]
    unit = tables.units.get(words[after]) if after < len(words) else None
    if unit is None:
        return None
    after += 1
    extra = phrase(words, after, tables.fractions)
    if extra is not None:
        count, after = count + extra[0], extra[1]
    return min(count * unit, float(MAX_DIGITS_SECONDS)), after, unit


def _bare_minutes(words: Sequence[str], total: float, after: int, tables: Tables) -> tuple[float, int]:
    """An hour thirty."""
    more = number(words, after, tables)
    if more is None or not (10 <= more[0] < 60) or more[0] != int(more[0]):
        return total, after
    follows = words[more[1]] if more[1] < len(words) else ""
    if follows in tables.units or follows in tables.oclock or ":" in words[after]:
        return total, after
    return total + more[0] * MINUTE_SECONDS, more[1]
