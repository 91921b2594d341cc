"""The data of services: which there are, of what type, in which range. Pure.

Data comes from people's sentences and from language models: whatever is no finite number in range, no short
text, or not asked for, is refused in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from appliance.home.actions.plans import Refusal

SILENT_DATA = frozenset({"transition", "flash"})
"""Wishes about how, not what: a device that cannot do them still does the deed."""
MAX_TEXT_CHARS = 255
MAX_FIELDS = 16


class Field(msgspec.Struct, frozen=True):
    """One entry of a service's data."""

    name: str
    type: Literal["number", "whole", "text", "flag", "numbers", "table"]
    low: float = 0
    high: float = 1e6
    count: int = 0
    """How many numbers."""
    required: bool = False
    words: str = ""
    """What it is called in a sentence."""

    @property
    def said(self) -> str:
        """In a sentence."""
        return self.words or self.name.replace("_", " ")


def number(name: str, low: float, high: float, words: str = "", *, required: bool = False) -> Field:
    """A finite number in a range."""
    return Field(name, "number", low, high, required=required, words=words)


def text(name: str, words: str = "", *, required: bool = False) -> Field:
    """A short text."""
    return Field(name, "text", required=required, words=words)


def checked(data: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any] | Refusal:
    """The data with the right types; null is the same as nothing."""
    known = {field.name: field for field in fields}
    given = {name: value for name, value in data.items() if value is not None}
    if len(given) > MAX_FIELDS:
        return Refusal("cannot do so many things at once")
    clean: dict[str, Any] = {}
    for name, value in given.items():
        field = known.get(name)
        if field is None:
            if name in SILENT_DATA:
                continue
            return Refusal(f"cannot change its {str(name)[:40].replace('_', ' ')}")
        found = _checked(field, value)
        if isinstance(found, Refusal):
            return found
        clean[name] = found
    for field in fields:
        if field.required and field.name not in clean:
            return Refusal(f"needs to know which {field.said}")
    return clean


def _checked(field: Field, value: Any) -> Any:
    if field.type == "flag":
        return value if isinstance(value, bool) else _unknown(field, value)
    if field.type == "text":
        fine = isinstance(value, str) and 0 < len(value) <= MAX_TEXT_CHARS and value.isprintable()
        return value if fine else _unknown(field, value)
    if field.type == "numbers":
        return _numbers(field, value)
    if field.type == "table":
        return value if isinstance(value, dict | list) else _unknown(field, value)
    if not _finite(value) or not field.low <= value <= field.high:
        return _unknown(field, value)
    return round(value) if field.type == "whole" else value


def _numbers(field: Field, value: Any) -> Any:
    if not isinstance(value, list | tuple) or len(value) != field.count:
        return _unknown(field, value)
    if not all(_finite(part) and field.low <= part <= field.high for part in value):
        return _unknown(field, value)
    return tuple(value)


def _finite(value: object) -> bool:
    """A number (a boolean is none) that is neither endless nor huge."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and math.isfinite(value)


def _unknown(field: Field, value: Any) -> Refusal:
    return Refusal(f"does not know a {field.said} of {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if abs(value) < 1e9 else "that size"
    return repr(value[:40]) if isinstance(value, str) else "that sort"
