"""Overrides from the environment: `APPLIANCE__MQTT__HOST=…` for `mqtt.host`, typed by the key it sets."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from msgspec import inspect

from appliance.config import schema
from appliance.errors import ConfigError

PREFIX = "APPLIANCE__"
MAX_VALUE_CHARACTERS = 8_192
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")

Parse = Callable[[str], object]
"""Reads one TOML value; raises ValueError."""


def variable(path: schema.Path) -> str:
    """The variable that overrides this key."""
    return PREFIX + "__".join(path).upper()


def override(name: str, text: str, parse: Parse) -> tuple[schema.Path, object]:
    """The key that a variable sets, and its value. Raises ConfigError for a name that is no key."""
    path = tuple(name.removeprefix(PREFIX).lower().split("__"))
    leaf = schema.leaf_for(path)
    if leaf is None or (leaf.open and leaf.path == path):
        raise ConfigError(f"unknown setting{_suggestion(name)}")
    if len(text) > MAX_VALUE_CHARACTERS:
        raise ConfigError(f"longer than {MAX_VALUE_CHARACTERS} characters")
    return path, typed(text, leaf, parse)


def _suggestion(name: str) -> str:
    known = [variable(path) for path, leaf in schema.leaves().items() if not leaf.open]
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def typed(text: str, leaf: schema.Leaf, parse: Parse) -> object:
    """The text as the type of the key; as it is when it does not fit (the check then says so)."""
    info = inspect.type_info(schema.element_type(leaf))
    match info:
        case inspect.StrType() | inspect.LiteralType():
            return text
        case inspect.BoolType():
            return _boolean(text)
        case inspect.VarTupleType() | inspect.ListType():
            return _list(text, parse)
        case _:
            return _toml_or_text(text, parse)


def _boolean(text: str) -> object:
    word = text.strip().lower()
    return True if word in TRUE else False if word in FALSE else text


def _list(text: str, parse: Parse) -> object:
    if text.lstrip().startswith("["):
        return _toml_or_text(text, parse)
    return [part.strip() for part in text.split(",") if part.strip()]


def _toml_or_text(text: str, parse: Parse) -> object:
    try:
        return parse(text)
    except (ValueError, RecursionError):
        return text
