"""Switches, scenes, buttons, numbers, choices, texts, sirens and robots."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from appliance.home.actions.fields import MAX_TEXT_CHARS, Field, number, text
from appliance.home.actions.plans import Near, OneOf, Plan, Refusal, Wishes, publish
from appliance.home.actions.table import (
    Planner,
    Service,
    Services,
    choices,
    chosen,
    no_choice,
    number_attribute,
)
from appliance.mqtt.announced import Announced
from appliance.mqtt.decoding import Known
from appliance.mqtt.decoding.base import compact

MAX_STEPS = 1e9


def _switch(payload: str, state: str) -> Planner:
    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data, known
        return Plan((publish(entity.commands["state"], str(entity.options[payload])),), {"state": state})

    return planner


def _once(payload: str) -> Planner:
    """Pressed: nothing becomes different that it could report."""

    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data, known
        return Plan((publish(entity.commands["state"], str(entity.options[payload])),), changes=False)

    return planner


# --- numbers, choices, texts ------------------------------------------------------------------------------


def _number(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    low, high = number_attribute(entity, "min", 1), number_attribute(entity, "max", 100)
    value = data["value"]
    if not low <= value <= high:
        return Refusal(f"only goes from {low:g} to {high:g}")
    step = number_attribute(entity, "step", 1)
    if (value - low) / step > MAX_STEPS:
        return Refusal("has steps that are too small for that")
    told = compact(value)
    return Plan((publish(entity.commands["state"], told),), {"state": Near(value, step / 2 + 1e-9)})


def _select(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    found = chosen(entity, "options", data["option"])
    if found is None:
        return no_choice("choice", data["option"], choices(entity, "options"))
    return _selected(entity, found)


def _selected(entity: Announced, option: str) -> Plan:
    return Plan((publish(entity.commands["state"], option),), {"state": option})


def _next(by: int) -> Planner:
    """The one after or before; at the end it goes on from the other end, unless it shall not."""

    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        listed = choices(entity, "options")
        now = known.get("state")
        if not listed or now not in listed:
            return Refusal("has not said what is chosen")
        place = listed.index(str(now)) + by
        if not data.get("cycle", True):
            place = max(0, min(len(listed) - 1, place))
        return _selected(entity, listed[place % len(listed)])

    return planner


def _end(place: int) -> Planner:
    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data, known
        listed = choices(entity, "options")
        return _selected(entity, listed[place]) if listed else Refusal("has no choices")

    return planner


def _text(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    value = data["value"]
    low, high = number_attribute(entity, "min", 0), number_attribute(entity, "max", MAX_TEXT_CHARS)
    if not low <= len(value) <= high:
        return Refusal(f"takes texts of {low:g} to {high:g} letters")
    return Plan((publish(entity.commands["state"], value),), {"state": value})


def _message(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    return Plan((publish(entity.commands["state"], data["message"]),), changes=False)


# --- sirens -----------------------------------------------------------------------------------------------


def _siren_on(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    details: dict[str, object] = {}
    if "tone" in data:
        tone = chosen(entity, "available_tones", data["tone"])
        if tone is None:
            return no_choice("tone", data["tone"], choices(entity, "available_tones"))
        details["tone"] = tone
    for name, able in (("duration", "support_duration"), ("volume_level", "support_volume_set")):
        if name in data and entity.options[able]:
            details[name] = data[name]
    return _siren(entity, "state", str(entity.options["payload_on"]), details, "on")


def _siren_off(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del data, known
    off = entity.commands["off"]
    command = "off" if off.template else "state"
    return _siren(entity, command, str(entity.options["payload_off"]), {}, "off")


def _siren(entity: Announced, command: str, told: str, details: dict[str, object], state: str) -> Plan:
    """Without a template the command is JSON."""
    target = entity.commands[command]
    variables = {"state": told, **details}
    value = told if target.template else msgspec.json.encode(variables).decode()
    return Plan((publish(target, value, variables),), {"state": state})


# --- robots -----------------------------------------------------------------------------------------------

_VACUUM = {
    "start": ("payload_start", "start", OneOf(("cleaning",))),
    "pause": ("payload_pause", "pause", OneOf(("paused", "idle", "docked"))),
    "stop": ("payload_stop", "stop", OneOf(("idle", "paused", "docked"))),
    "return_to_base": ("payload_return_to_base", "return_home", OneOf(("returning", "docked"))),
    "clean_spot": ("payload_clean_spot", "clean_spot", OneOf(("cleaning",))),
    "locate": ("payload_locate", "locate", None),
}


def _vacuum(service: str) -> Planner:
    payload, feature, wish = _VACUUM[service]

    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data, known
        features = entity.options["supported_features"]
        able = isinstance(features, tuple) and feature in features
        if not able or "state" not in entity.commands:
            return Refusal(f"cannot {service.replace('_', ' ')}")
        step = publish(entity.commands["state"], str(entity.options[payload]))
        wanted: Wishes = {} if wish is None else {"state": wish}
        return Plan((step,), wanted, failing=("error",), changes=wish is not None)

    return planner


def _vacuum_speed(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    found = chosen(entity, "fan_speed_list", data["fan_speed"])
    if found is None or "fan_speed" not in entity.commands:
        return no_choice("fan speed", data["fan_speed"], choices(entity, "fan_speed_list"))
    return Plan((publish(entity.commands["fan_speed"], found),), {"fan_speed": found})


def _vacuum_command(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    command, params = entity.commands.get("send_command"), data.get("params")
    if command is None:
        return Refusal("takes no other commands")
    told = data["command"]
    if isinstance(params, dict):
        told = _json({"command": told, **params})
    if told is None:
        return Refusal("does not know such a command")
    return Plan((publish(command, told),), changes=False)


def _json(table: dict[str, Any]) -> str | None:
    try:
        text = msgspec.json.encode(table).decode()
    except (TypeError, ValueError, RecursionError):
        return None
    return text if len(text) <= 4 * MAX_TEXT_CHARS and math.isfinite(len(text)) else None


_MOWER = {
    "start_mowing": OneOf(("mowing",)),
    "pause": OneOf(("paused",)),
    "dock": OneOf(("docked", "returning")),
}


def _mower(service: str) -> Planner:
    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data, known
        command = entity.commands.get(service)
        if command is None:
            return Refusal(f"cannot {service.replace('_', ' ')}")
        return Plan((publish(command, service),), {"state": _MOWER[service]}, failing=("error",))

    return planner


_CYCLE = (Field("cycle", "flag"),)
_SIREN = (
    text("tone"), number("duration", 1, 86_400), number("volume_level", 0, 1, "volume"),
)  # fmt: skip

SERVICES: Services = {
    ("switch", "turn_on"): Service(_switch("payload_on", "on")),
    ("switch", "turn_off"): Service(_switch("payload_off", "off")),
    ("scene", "turn_on"): Service(_once("payload_on")),
    ("button", "press"): Service(_once("payload_press")),
    ("button", "turn_on"): Service(_once("payload_press")),
    ("number", "set_value"): Service(_number, (number("value", -1e12, 1e12, required=True),)),
    ("select", "select_option"): Service(_select, (text("option", "choice", required=True),)),
    ("select", "select_next"): Service(_next(1), _CYCLE),
    ("select", "select_previous"): Service(_next(-1), _CYCLE),
    ("select", "select_first"): Service(_end(0)),
    ("select", "select_last"): Service(_end(-1)),
    ("text", "set_value"): Service(_text, (text("value", "text", required=True),)),
    ("notify", "send_message"): Service(_message, (text("message", required=True), text("title"))),
    ("siren", "turn_on"): Service(_siren_on, _SIREN),
    ("siren", "turn_off"): Service(_siren_off),
    **{("vacuum", service): Service(_vacuum(service)) for service in _VACUUM},
    ("vacuum", "turn_on"): Service(_vacuum("start")),
    ("vacuum", "turn_off"): Service(_vacuum("return_to_base")),
    ("vacuum", "set_fan_speed"): Service(_vacuum_speed, (text("fan_speed", "fan speed", required=True),)),
    ("vacuum", "send_command"): Service(
        _vacuum_command, (text("command", required=True), Field("params", "table"))
    ),
    **{("lawn_mower", service): Service(_mower(service)) for service in _MOWER},
    ("lawn_mower", "turn_on"): Service(_mower("start_mowing")),
    ("lawn_mower", "turn_off"): Service(_mower("dock")),
}
