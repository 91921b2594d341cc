"""Equal parts of announcements are kept once: a thousand lamps of one make differ in little. Pure.

The tables are bounded: a full one is begun anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar, cast

MAX_SHARED = 2_048

Part = TypeVar("Part", bound=Hashable)
Entry = TypeVar("Entry", bound=Hashable)

_PARTS: dict[Any, Any] = {}
_TABLES: dict[Any, Any] = {}


def shared(part: Part) -> Part:
    """The same value, as the object that has it already."""
    return cast("Part", _kept(_PARTS, part, part))


def shared_table(of: str, table: dict[str, Entry]) -> dict[str, Entry]:
    """Likewise for a table of the kind `of`, which nobody may change from then on."""
    return cast("dict[str, Entry]", _kept(_TABLES, (of, *_typed(table)), table))


def _kept(kept: dict[Any, Any], key: Hashable, value: object) -> object:
    found = kept.get(key)
    if found is None:
        if len(kept) >= MAX_SHARED:
            kept.clear()
        found = kept[key] = value
    return found


def _typed(table: Mapping[str, Hashable]) -> list[Hashable]:
    """True is not 1 here, and 1 is not 1.0."""
    return [part for name, value in table.items() for part in (name, type(value), value)]
