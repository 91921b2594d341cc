"""From a service call to what must be published, and to what the device must then say. Pure.

Services and their data are Home Assistant's. A kind of entity that can be told something has a row in
`SERVICES`; `homeassistant.turn_on` and its like go to the entity's own kind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from appliance.mqtt import decoding
from appliance.mqtt.announced import Announced, Command
from appliance.mqtt.decoding import FULL

SILENT_DATA = frozenset({"transition", "flash"})
"""Wishes about how, not what: a device that cannot do them still does the deed."""


class Publish(msgspec.Struct, frozen=True):
    """One command; `template` (if any) makes the payload from `value`."""

    topic: str
    value: str
    template: str = ""


class Plan(msgspec.Struct, frozen=True):
    """What to send, in order, and the values that the device must report afterwards."""

    publishes: tuple[Publish, ...]
    wanted: dict[str, decoding.Value]


class Refusal(msgspec.Struct, frozen=True):
    """Why it cannot be done; a part of a sentence that follows the entity's name."""

    reason: str


Known = Mapping[str, decoding.Value]
Planner = Callable[[Announced, Mapping[str, Any], Known], Plan | Refusal]


def plan(
    entity: Announced, domain: str, service: str, data: Mapping[str, Any], known: Known
) -> Plan | Refusal:
    """What this service call means for this entity, whose values are `known`."""
    if domain not in {entity.component, "homeassistant"}:
        return Refusal(f"is no {domain.replace('_', ' ')}")
    if service == "toggle":
        service = "turn_off" if known.get("state") == "on" else "turn_on"
    planner = SERVICES.get((entity.component, service))
    if planner is None:
        return Refusal(f"cannot {service.replace('_', ' ')}")
    return planner(entity, data, known)


def fulfilled(entity: Announced, wanted: Known, known: Known) -> bool:
    """Does the device say what was wanted?"""
    return all(_equal(entity, name, value, known.get(name)) for name, value in wanted.items())


def _equal(entity: Announced, name: str, wanted: decoding.Value, known: decoding.Value) -> bool:
    if name == "brightness" and isinstance(wanted, int | float) and isinstance(known, int | float):
        return abs(wanted - known) <= decoding.tolerance(entity.options)
    return wanted == known


# --- switches, and lights without brightness ----------------------------------------------------------------


def _switch(payload: str, state: str) -> Planner:
    def planner(entity: Announced, data: Mapping[str, Any], known: Known) -> Plan | Refusal:
        del known
        if set(data) - SILENT_DATA:
            return Refusal("can only be switched on and off")
        command = entity.commands["state"]
        return Plan((_publish(command, str(entity.options[payload])),), {"state": state})

    return planner


def _publish(command: Command, value: str) -> Publish:
    return Publish(command.topic, value, command.template)


# --- lights -------------------------------------------------------------------------------------------------


def _light_off(entity: Announced, data: Mapping[str, Any], known: Known) -> Plan | Refusal:
    del known
    if set(data) - SILENT_DATA:
        return Refusal("cannot do that while it goes off")
    command = entity.commands["state"]
    if entity.schema == "json":
        return Plan((_publish(command, _json({"state": "OFF"})),), {"state": "off"})
    return Plan((_publish(command, str(entity.options["payload_off"])),), {"state": "off"})


def _light_on(entity: Announced, data: Mapping[str, Any], known: Known) -> Plan | Refusal:
    level = _level(data, known)
    if isinstance(level, Refusal):
        return level
    if level is not None and not entity.dimmable:
        return Refusal("cannot be dimmed")
    if level == 0:
        return _light_off(entity, {}, known)
    publishes = _json_on(entity, level) if entity.schema == "json" else _default_on(entity, level, known)
    wanted: dict[str, decoding.Value] = {"state": "on"}
    if level is not None and _reports_brightness(entity):
        wanted["brightness"] = level
    return Plan(publishes, wanted)


def _level(data: Mapping[str, Any], known: Known) -> int | Refusal | None:
    """The brightness asked for, 0 to 255."""
    given = {name: value for name, value in data.items() if name not in SILENT_DATA and value is not None}
    if not given:
        return None
    if len(given) > 1 or next(iter(given)) not in _LEVELS:
        wish = next(name for name in given if name not in _LEVELS or len(given) > 1)
        return Refusal(f"cannot change its {wish.replace('_', ' ')}")
    name, value = next(iter(given.items()))
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return Refusal(f"does not know a brightness of {str(value)[:40]!r}")
    top, relative = _LEVELS[name]
    start = known.get("brightness") if relative else 0
    if relative and known.get("state") == "off":
        start = 0
    if not isinstance(start, int | float):
        return Refusal("has not said how bright it is")
    if not relative and not 0 <= value <= top:
        return Refusal(f"does not know a brightness of {value}")
    return max(0, min(FULL, round(start + value * FULL / top)))


_LEVELS = {
    "brightness": (FULL, False),
    "brightness_pct": (100, False),
    "brightness_step": (FULL, True),
    "brightness_step_pct": (100, True),
}
"""Data of `light.turn_on`: the value of full brightness, and whether it is a change."""


def _default_on(entity: Announced, level: int | None, known: Known) -> tuple[Publish, ...]:
    """Order and number of messages as `on_command_type` says."""
    on = _publish(entity.commands["state"], str(entity.options["payload_on"]))
    kind = entity.options["on_command_type"]
    dimmer = entity.commands.get("brightness")
    if dimmer is None:
        return (on,)
    if kind == "brightness" and level is None:
        last = known.get("brightness")
        level = int(last) if isinstance(last, int | float) and last else FULL
    if level is None:
        return (on,)
    dim = _publish(dimmer, str(decoding.scaled(level, entity.options)))
    if kind == "brightness":
        return (dim,)
    return (on, dim) if kind == "first" else (dim, on)


def _json_on(entity: Announced, level: int | None) -> tuple[Publish, ...]:
    table: dict[str, object] = {"state": "ON"}
    if level is not None:
        table["brightness"] = decoding.scaled(level, entity.options)
    return (_publish(entity.commands["state"], _json(table)),)


def _json(table: dict[str, object]) -> str:
    return msgspec.json.encode(table).decode()


def _reports_brightness(entity: Announced) -> bool:
    return any(source.decoder in {"brightness", "json_light"} for source in entity.sources)


SERVICES: dict[tuple[str, str], Planner] = {
    ("light", "turn_on"): _light_on,
    ("light", "turn_off"): _light_off,
    ("switch", "turn_on"): _switch("payload_on", "on"),
    ("switch", "turn_off"): _switch("payload_off", "off"),
}
