"""The owner's rules: one line of text each, read into data. Pure.

    EFFECT WHAT [to SERVICE] [in AREA] [from ROOM] [for WHO] [between HH:MM and HH:MM]

EFFECT is `allow`, `confirm` (a yes), `pin`, `voice` (a recognised one, and a yes) or `deny`. WHAT is an
entity id or a pattern (`lock.*`), a device class (`class:garage`), `guarded`, or `*`. WHO is a person's name,
a role, or `unknown`. ROOM is the place that heard it: its name or area. Names with spaces stand in quotes.
"""

from __future__ import annotations

import fnmatch
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Literal, get_args

import msgspec

from appliance.errors import ConfigError

Effect = Literal["allow", "confirm", "pin", "voice", "deny"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)
MINUTES_OF_A_DAY = 24 * 60
MAX_CHARACTERS = 300
CLASS = "class:"
GUARDED = "guarded"
_CLAUSES = ("to", "in", "from", "for", "between")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_WHAT = re.compile(r"[\w*?\[\]\-.]+|class:\w+")
_FORM = "EFFECT WHAT [to SERVICE] [in AREA] [from ROOM] [for WHO] [between HH:MM and HH:MM]"


class Rule(msgspec.Struct, frozen=True):
    """One line; empty texts and no times mean any."""

    effect: Effect
    what: str
    service: str = ""
    area: str = ""
    room: str = ""
    who: str = ""
    between: tuple[int, int] | None = None
    """Minutes after midnight; the second may be smaller: then it goes past midnight."""


class Asked(msgspec.Struct, frozen=True):
    """What a rule is held against. Names of areas and rooms: ids and spoken names, all casefolded."""

    entity_id: str
    device_class: str
    service: str
    guarded: bool
    areas: frozenset[str]
    rooms: frozenset[str]
    minute: int


def parse(text: str) -> Rule:
    """One rule. Raises ConfigError that says what is wrong with it."""
    words = _words(text)
    if len(words) < 2:
        raise _wrong(text, "it needs an effect and what it is about")
    wanted, what = words[0].casefold(), words[1]
    effect = next((each for each in EFFECTS if each == wanted), None)
    if effect is None:
        raise _wrong(text, f"{words[0]!r} is none of {', '.join(EFFECTS)}")
    if not _WHAT.fullmatch(what):
        raise _wrong(text, f"{what!r} is no entity id or pattern")
    found: dict[str, str] = {}
    between = None
    rest = iter(words[2:])
    for clause in rest:
        if clause not in _CLAUSES or clause in found:
            raise _wrong(text, f"{clause!r} is not expected there")
        found[clause] = _following(text, clause, rest)
        if clause == "between":
            between = _times(text, found[clause], rest)
    return Rule(
        effect,
        what.casefold(),
        service=found.get("to", "").casefold(),
        area=found.get("in", "").casefold(),
        room=found.get("from", "").casefold(),
        who=found.get("for", "").casefold(),
        between=between,
    )


def parse_all(texts: Sequence[str], where: str = "policy.rules") -> tuple[Rule, ...]:
    """All of them, in order. Raises ConfigError naming `where` and the first that is wrong."""
    found = []
    for number, text in enumerate(texts, 1):
        try:
            found.append(parse(text))
        except ConfigError as error:
            raise ConfigError(f"{where}, rule {number}: {error.message}", error.hint) from error
    return tuple(found)


def _words(text: str) -> list[str]:
    if len(text) > MAX_CHARACTERS or not text.isprintable():
        raise _wrong(text[:40], "it is too long, or holds control characters")
    try:
        return shlex.split(text)
    except ValueError as error:
        raise _wrong(text, "a quote is not closed") from error


def _following(text: str, clause: str, rest: Iterator[str]) -> str:
    word = next(rest, "")
    if not word:
        raise _wrong(text, f"nothing follows {clause!r}")
    return word


def _times(text: str, first: str, rest: Iterator[str]) -> tuple[int, int]:
    if next(rest, "") != "and":
        raise _wrong(text, "it is: between HH:MM and HH:MM")
    return _minute(text, first), _minute(text, next(rest, ""))


def _minute(text: str, clock: str) -> int:
    match = _CLOCK.fullmatch(clock)
    if not match:
        raise _wrong(text, f"{clock!r} is no time of day like 21:30")
    return int(match[1]) * 60 + int(match[2])


def _wrong(text: str, what: str) -> ConfigError:
    return ConfigError(f"{text!r}: {what}", f"a rule is: {_FORM}")


def fits(rule: Rule, asked: Asked) -> bool:
    """Is the rule about this, whoever asks?"""
    return (
        _fits_what(rule.what, asked)
        and (not rule.service or fnmatch.fnmatchcase(asked.service, rule.service))
        and (not rule.area or rule.area in asked.areas)
        and (not rule.room or rule.room in asked.rooms)
        and (rule.between is None or _inside(asked.minute, rule.between))
    )


def _fits_what(what: str, asked: Asked) -> bool:
    if what == GUARDED:
        return asked.guarded
    if what.startswith(CLASS):
        return what.removeprefix(CLASS) == asked.device_class
    return fnmatch.fnmatchcase(asked.entity_id.casefold(), what)


def _inside(minute: int, between: tuple[int, int]) -> bool:
    start, end = between
    return start <= minute < end if start <= end else minute >= start or minute < end
