"""States that come as JSON tables: vacuums, sirens, and attributes of anything."""

from __future__ import annotations

from typing import Any

from appliance.mqtt.decoding.base import (
    MAX_STATE_CHARS,
    NONE,
    UNKNOWN,
    Saying,
    Value,
    Values,
    json_table,
    number_of,
    quoted,
)

VACUUM = frozenset({"idle", "docked", "error", "paused", "returning", "cleaning"})
MAX_ATTRIBUTES = 24
MAX_ATTRIBUTE_CHARS = 128
MAX_NAME_CHARS = 64


def vacuum(said: Saying) -> Values | str:
    """Activity, battery and fan speed; what is not known is left out."""
    table = json_table(said.text)
    if table is None:
        return "is no JSON table" if said.text else {}
    values: Values = {}
    state = table.get("state")
    if "state" in table and state is None:
        values["state"] = UNKNOWN
    elif isinstance(state, str) and state in VACUUM:
        values["state"] = state
    speed, battery = table.get("fan_speed"), number_of(table.get("battery_level"))
    if isinstance(speed, str | int) and not isinstance(speed, bool):
        values["fan_speed"] = str(speed)[:MAX_STATE_CHARS]
    if battery is not None:
        values["battery_level"] = max(0, min(100, round(battery)))
    return values


def siren(said: Saying) -> Values | str:
    """On or off, alone or with tone, volume and duration."""
    if said.text in {"", "{}"}:
        return {}
    options = said.options
    words = {
        options.get("state_on") or options["payload_on"]: "on",
        options.get("state_off") or options["payload_off"]: "off",
        NONE: UNKNOWN,
    }
    if said.text in words:
        return {"state": words[said.text]}
    table = json_table(said.text)
    if table is None:
        return f"{quoted(said.text)} is no state of a siren"
    return _siren(table, words)


def _siren(table: dict[str, Any], words: dict[Any, str]) -> Values:
    state = table.get("state")
    values: Values = {}
    if isinstance(state, str) and state in words:
        values["state"] = words[state]
    tone = table.get("tone")
    if isinstance(tone, str | int):
        values["tone"] = str(tone)[:MAX_STATE_CHARS]
    for name in ("volume_level", "duration"):
        number = number_of(table.get(name))
        if number is not None:
            values[name] = number
    return values


def attributes(said: Saying) -> Values | str:
    """Short and simple ones only, and not many."""
    if not said.text:
        return {}
    table = json_table(said.text)
    if table is None:
        return "attributes are no JSON table"
    plain = {name[:MAX_NAME_CHARS]: value for name, value in table.items() if _simple(value)}
    return {name: _short(plain[name]) for name in list(plain)[:MAX_ATTRIBUTES]}


def _simple(value: object) -> bool:
    return value is None or isinstance(value, bool | str) or number_of(value) is not None


def _short(value: Value) -> Value:
    return value[:MAX_ATTRIBUTE_CHARS] if isinstance(value, str) else value
