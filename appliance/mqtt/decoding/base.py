"""What all decoders share: the shape of a decoder, and numbers that are numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from appliance.mqtt.kinds.rows import OptionValue

UNKNOWN = "unknown"
NONE = "None"
"""What devices send to say that they do not know."""
MAX_STATE_CHARS = 255
FULL = 255

Value = str | int | float | bool | tuple[float, ...] | None
Values = dict[str, Value]
Options = Mapping[str, OptionValue]
Known = Mapping[str, Value]


class Saying(msgspec.Struct, frozen=True):
    """One payload, after its template, and what is needed to make sense of it."""

    text: str
    options: Options
    known: Known
    attribute: str
    choices: str


Reader = Callable[[Saying], Values | str]
"""New values, or the reason why this says nothing. An empty table changes nothing."""


def number_of(value: object) -> float | None:
    """A finite number, also when it is written as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and abs(number) <= 1e15 else None


def compact(number: float) -> int | float:
    """Whole numbers without a point."""
    return int(number) if float(number).is_integer() else number


def option_number(options: Options, name: str, default: float) -> float:
    """A number among the options."""
    value = options.get(name, default)
    return float(value) if isinstance(value, int | float) else default


def json_table(text: str) -> dict[str, Any] | None:
    """A JSON table, or None."""
    try:
        table = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    return table if isinstance(table, dict) else None


def to_percent(value: float, low: float, high: float) -> int:
    """0 to 100 of a device's range, whose `low` is just above nothing; also of ranges that run down."""
    states = high - low + 1
    return int((value - (low - 1)) * 100 // states) if states else 0


def from_percent(percent: float, low: float, high: float) -> float:
    """The other way."""
    return percent * (high - low + 1) / 100 + (low - 1)


def ends(options: Options) -> tuple[float, float]:
    """The range of a cover's or valve's positions, for `to_percent`."""
    closed = option_number(options, "position_closed", 0)
    return closed + 1, option_number(options, "position_open", 100)


def tilts(options: Options) -> tuple[float, float]:
    """The range of a cover's tilt, for `to_percent`."""
    return option_number(options, "tilt_min", 0) + 1, option_number(options, "tilt_max", 100)


def quoted(text: object) -> str:
    """For a reason."""
    return repr(str(text)[:40])
