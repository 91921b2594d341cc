"""The configuration model, read as data: which keys exist, of which type, described in words."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from appliance.config.model import Config, Section

Path = tuple[str, ...]
"""A key as its parts: ("turn", "listen_seconds")."""

UNITS = {
    "seconds": "seconds", "ms": "milliseconds", "mb": "megabytes", "bytes": "bytes", "percent": "percent",
}  # fmt: skip
SECRETS = ("password", "token", "secret")
TEXT = "a text"
HIDDEN = "(set)"
"""Shown in place of a secret, and refused as one."""


class Leaf(msgspec.Struct, frozen=True):
    """One key of the model. `open` marks a table whose keys are the engine's own."""

    path: Path
    type: Any
    default: Any
    open: bool = False

    @property
    def key(self) -> str:
        """The dotted name."""
        return ".".join(self.path)


def dotted(path: Path) -> str:
    """The name of a key as people write it."""
    return ".".join(path)


def _leaves(section: Section, prefix: Path) -> Iterator[Leaf]:
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        path = (*prefix, field.name)
        if isinstance(value, Section):
            yield from _leaves(value, path)
        else:
            yield Leaf(path, field.type, msgspec.to_builtins(value), open=isinstance(value, dict))


@cache
def leaves() -> Mapping[Path, Leaf]:
    """Every key of the model in its own order."""
    return {leaf.path: leaf for leaf in _leaves(Config(), ())}


@cache
def tables() -> frozenset[Path]:
    """Every table of the model; the whole configuration is the empty path."""
    return frozenset(path[:depth] for path in leaves() for depth in range(len(path)))


def leaf_for(path: Path) -> Leaf | None:
    """The key of the model that holds this path (an open table holds everything directly below it)."""
    leaf = leaves().get(path)
    if leaf is not None:
        return leaf
    above = leaves().get(path[:-1])
    return above if above is not None and above.open else None


def is_secret(path: Path) -> bool:
    """Must the value stay out of anything printed?"""
    return path[-1] in SECRETS or path[-1].endswith(tuple(f"_{word}" for word in SECRETS))


def nearest(path: Path) -> str:
    """The known key that looks most like this one, "" when none does."""
    known = {dotted(each): each for each in (*leaves(), *tables()) if each}
    siblings = {each[-1]: name for name, each in known.items() if each[:-1] == path[:-1]}
    near = difflib.get_close_matches(path[-1], siblings, n=1)
    if near:
        return siblings[near[0]]
    same_name = [name for name, each in known.items() if each[-1] == path[-1] and each in leaves()]
    if len(same_name) == 1:
        return same_name[0]
    whole = difflib.get_close_matches(dotted(path), known, n=1, cutoff=0.7)
    return whole[0] if whole else ""


def element_type(leaf: Leaf) -> Any:
    """Type of one value: of the key itself, or of an entry when the key is an open table."""
    if not leaf.open:
        return leaf.type
    info = inspect.type_info(leaf.type)
    assert isinstance(info, inspect.DictType)
    return leaf.type.__args__[1]


def fits(value: object, leaf: Leaf) -> bool:
    """Is this a value that the key takes?"""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    try:
        msgspec.convert(value, element_type(leaf))
    except msgspec.ValidationError:
        return False
    return True


def unit(name: str) -> str:
    """The unit that a key's name carries, "" without one."""
    return UNITS.get(name.rpartition("_")[2], "")


def expected(leaf: Leaf) -> str:
    """What the key takes, in words, with its unit and range."""
    return _words(inspect.type_info(element_type(leaf)), unit(leaf.path[-1]))


def _words(info: inspect.Type, of_unit: str) -> str:
    match info:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType() | inspect.FloatType():
            return _number_words(info, of_unit)
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(json.dumps(value) for value in values)
        case inspect.VarTupleType() | inspect.ListType():
            return _list_words(info)
        case inspect.UnionType(types=types):
            return " or ".join(_words(each, "") for each in types)
        case _:
            return TEXT


def _number_words(info: inspect.IntType | inspect.FloatType, of_unit: str) -> str:
    kind = "a whole number" if isinstance(info, inspect.IntType) else "a number"
    kind += f" of {of_unit}" if of_unit else ""
    low = (
        f" from {info.ge:g}" if info.ge is not None else f" above {info.gt:g}" if info.gt is not None else ""
    )
    high = f" to {_plain(info.le)}" if info.le is not None else ""
    return kind + low + high


def _plain(number: float) -> str:
    return f"{number:.0f}" if float(number).is_integer() else f"{number:g}"


def _list_words(info: inspect.VarTupleType | inspect.ListType) -> str:
    words = "a list of texts"
    if info.min_length is not None and info.max_length is not None:
        words = f"a list of {info.min_length} to {info.max_length} texts"
    return words


def shown(value: object, path: Path = ("",)) -> str:
    """A value as it may be shown in a message: short, escaped, and never a secret."""
    if is_secret(path) and value:
        return HIDDEN
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"
