"""Taking options out of a discovery payload's table, with the fault named when one does not fit. Pure."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from appliance.mqtt import abbreviations, kinds, topics
from appliance.mqtt.announced import ProblemKind

MAX_TEXT_CHARS = 4_096
MAX_AVAILABILITY = 16
MAX_LIST = 300
MAX_ENTRY_CHARS = 255
MAX_LIST_CHARS = 16_384
MANY = 1e9

Table = dict[str, Any]


class Refused(Exception):
    """This component cannot be used."""

    def __init__(self, kind: ProblemKind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def kind_of(value: object) -> str:
    """What a JSON value is, for a sentence."""
    names = {dict: "a table", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def expand(table: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    """With full option names; a full name that is present wins over its abbreviation."""
    expanded = {names[key]: value for key, value in table.items() if key in names}
    return {**expanded, **{key: value for key, value in table.items() if key not in names}}


def text_of(table: Table, key: str, default: str = "") -> str:
    """A text option; null is the same as none at all. Raises Refused."""
    value = table.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise Refused("type", f"`{key}` is {kind_of(value)}, not text")
    if len(value) > MAX_TEXT_CHARS:
        raise Refused("too big", f"`{key}` has {len(value)} characters")
    return value


def option_of(table: Table, option: kinds.Option) -> kinds.OptionValue:
    """An option of the type that its kind asks for. Raises Refused."""
    value = table.get(option.name)
    if option.type == "payload" and option.name in table:
        return "" if value is None else payload_of(option.name, value)
    if value is None:
        return option.default
    if option.type == "bool" and isinstance(value, bool):
        return value
    if option.type == "number":
        return _number_of(option, value)
    if option.type == "list":
        return list_of(option.name, value)
    if option.type == "text":
        return payload_of(option.name, value)
    raise Refused("type", f"`{option.name}` is {kind_of(value)}, not {option.type}")


def _number_of(option: kinds.Option, value: object) -> int | float:
    """Devices also write numbers as text."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            raise Refused("type", f"`{option.name}` is text, not number")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("type", f"`{option.name}` is {kind_of(value)}, not number")
    if not option.low <= value <= option.high:
        raise Refused("value", f"`{option.name}` is {value}, not {_range(option)}")
    return value


def _range(option: kinds.Option) -> str:
    if option.high == MANY:
        return f"from {option.low:g} to a thousand million"
    return f"from {option.low:g} to {option.high:g}"


def list_of(key: str, value: object) -> tuple[str, ...]:
    """A list of texts; a single text is a list of one. Raises Refused."""
    listed = value if isinstance(value, list) else [value]
    if len(listed) > MAX_LIST:
        raise Refused("too many", f"`{key}` has {len(listed)} entries")
    texts = [payload_of(key, entry)[:MAX_ENTRY_CHARS] for entry in listed]
    if sum(map(len, texts)) > MAX_LIST_CHARS:
        raise Refused("too big", f"`{key}` has more than {MAX_LIST_CHARS} characters")
    return tuple(map(sys.intern, texts))


def payload_of(key: str, value: object) -> str:
    """Payloads are text, but devices also write numbers and booleans. Raises Refused."""
    if isinstance(value, bool | int | float):
        return str(value)
    if not isinstance(value, str):
        raise Refused("type", f"`{key}` is {kind_of(value)}, not text")
    return value[:MAX_TEXT_CHARS]


def with_base(table: Table) -> Table:
    """With `~` at the start or end of topics replaced by the base topic, also inside `availability`."""
    base = table.get("~")
    if not isinstance(base, str):
        return table
    based = {key: _based(base, key, value) for key, value in table.items()}
    entries = based.get("availability")
    if isinstance(entries, dict | list):
        listed = entries if isinstance(entries, list) else [entries]
        based["availability"] = [_based_entry(base, entry) for entry in listed[: MAX_AVAILABILITY + 1]]
    return based


def _based_entry(base: str, entry: Any) -> Any:
    """What is no table stays as it is, to be refused with all the others of its kind."""
    if not isinstance(entry, dict):
        return entry
    return {key: _based(base, key, value) for key, value in expand(entry, abbreviations.OPTIONS).items()}


def _based(base: str, key: str, value: Any) -> Any:
    if not isinstance(value, str) or not key.endswith("topic"):
        return value
    if value.startswith("~"):
        return base + value[1:]
    return value[:-1] + base if value.endswith("~") else value


def topic_of(table: Table, key: str) -> str:
    """A topic without wildcards. Raises Refused."""
    topic = text_of(table, key)
    fault = topics.fault_of_topic(topic)
    if fault:
        raise Refused("value", f"`{key}` {fault}")
    return topic
