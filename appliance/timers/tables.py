"""What the words of a language mean, as data; `tables_en` and `tables_de` fill it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Phrase = tuple[str, ...]
"""Words that follow each other."""


class DayWord(msgspec.Struct, frozen=True):
    """What a phrase says about the day: fields of `When`, -1 or empty where it says nothing."""

    in_days: int = -1
    weekday: int = -1
    days: tuple[int, ...] = ()
    half: str = ""
    """"am", "pm" or "night": the half that belongs to the hour."""


class Tables(msgspec.Struct, frozen=True):
    """One language."""

    code: str
    numbers: Mapping[str, float]
    """Words that are numbers by themselves."""
    articles: frozenset[str]
    """Of these, those that are 1 only before a unit: a minute."""
    tens: frozenset[str]
    """Of these, those that another one follows ("twenty five")."""
    hundred: frozenset[str]
    units: Mapping[str, int]
    """Seconds by word."""
    fixed: Mapping[Phrase, float]
    """Seconds of phrases: half an hour."""
    fractions: Mapping[Phrase, float]
    """What may follow a number or a unit: and a half."""
    more: frozenset[str]
    """Between a number and its unit: five more minutes."""
    joiners: frozenset[str]
    """Between the parts of a length: and."""
    ahead: frozenset[Phrase]
    """Before a length that counts from now: in."""
    ahead_after: frozenset[Phrase]
    """After one: from now."""
    at: frozenset[str]
    """Before a time of day: at."""
    oclock: frozenset[str]
    past: frozenset[str]
    to: frozenset[str]
    half: Mapping[Phrase, int]
    """Minutes to add to the hour that follows: half past (30); German halb (-30)."""
    quarters: Mapping[Phrase, int]
    """Likewise, with nothing between: viertel (-45), dreiviertel (-15)."""
    quarter: frozenset[Phrase]
    """15, before past or to."""
    zero: frozenset[str]
    """Before a single minute: seven oh five."""
    noon: Mapping[Phrase, int]
    """Hours that have a name."""
    halves: Mapping[Phrase, str]
    """am, pm and parts of the day, after a time."""
    days: Mapping[Phrase, DayWord]
    on: frozenset[str]
    """Before a day: on, next."""
    weekdays: Mapping[str, int]
    every: frozenset[str]
    """Before a weekday that comes again: every."""
    again: Mapping[str, int]
    """Weekdays that say so by themselves: mondays."""
    contractions: Mapping[str, str]
    polite: frozenset[Phrase]
    """Left out at the start and end."""
    literal_clock: bool
    """Digits and "o'clock" are of 24 hours."""
    patterns: tuple[tuple[str, str], ...]
    """(what to do, expression), the first that fits counts; see `patterns_en`."""
    macros: Mapping[str, str]
    kinds: Mapping[str, str]
    """How words for the three kinds begin."""
    never_mind: frozenset[str]
    stop: frozenset[str]
    """Whole sentences that stop what rings."""
    one_of: str
    """Expression for the reply to "which one"."""
