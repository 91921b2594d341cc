"""Fans, climate devices, water heaters and humidifiers."""

from __future__ import annotations

from typing import Any

from appliance.home.actions.fields import Field, number, text
from appliance.home.actions.plans import Near, Plan, Publish, Refusal, Wish, Wishes, publish
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
from appliance.mqtt.decoding.base import compact, from_percent, option_number, to_percent

_PRESET = (text("preset_mode", "mode", required=True),)
_PERCENTAGE = (number("percentage", 0, 100, "speed", required=True),)
_STEP = (number("percentage_step", 0, 100, "speed"),)


def _power(payload: str, state: str, command: str = "state") -> Planner:
    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del data, known
        told = str(entity.options[payload])
        return Plan((publish(entity.commands[command], told),), {"state": state})

    return planner


# --- fans -------------------------------------------------------------------------------------------------


def _fan_on(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    steps = [publish(entity.commands["state"], str(entity.options["payload_on"]))]
    wanted: Wishes = {"state": "on"}
    for name, more in (("percentage", _speed), ("preset_mode", _fan_preset)):
        if name not in data:
            continue
        if name == "percentage" and data[name] == 0:
            return _FAN_OFF(entity, {}, known)
        plan = more(entity, data, known)
        if isinstance(plan, Refusal):
            return plan
        steps.extend(plan.publishes)
        wanted |= plan.wanted
    return Plan(tuple(steps), wanted)


def _speed(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    command = entity.commands.get("percentage")
    if command is None:
        return Refusal("has only one speed")
    low, high = _range(entity)
    percent = data["percentage"]
    level = max(round(low), min(round(high), round(from_percent(percent, low, high))))
    reached = to_percent(level, low, high)
    return Plan((publish(command, level),), {"percentage": Near(reached, max(2.0, 50 / (high - low + 1)))})


def _range(entity: Announced) -> tuple[float, float]:
    low = option_number(entity.options, "speed_range_min", 1)
    return low, option_number(entity.options, "speed_range_max", 100)


def _fan_speed(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    """No speed is off; a fan that stands is switched on, because many know a speed but stay off."""
    if data["percentage"] == 0:
        return _FAN_OFF(entity, {}, known)
    return _fan_on(entity, data, known) if known.get("state") == "off" else _speed(entity, data, known)


def _faster(direction: int) -> Planner:
    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        now = known.get("percentage") if known.get("state") != "off" else 0
        if not isinstance(now, int | float):
            return Refusal("has not said how fast it is")
        step = data.get("percentage_step", number_attribute(entity, "percentage_step", 100))
        wish = max(0, min(100, now + direction * step))
        return _fan_speed(entity, {"percentage": wish}, known)

    return planner


def _fan_preset(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    return _choose(entity, "preset_mode", data["preset_mode"], listed="preset_modes")


def _choose(
    entity: Announced, command: str, wish: str, *, listed: str, what: str = "mode", attribute: str = ""
) -> Plan | Refusal:
    """One of the modes that the device announced."""
    found = chosen(entity, listed, wish)
    if found is None or command not in entity.commands:
        options = choices(entity, listed) if command in entity.commands else ()
        return no_choice(what, wish, options)
    return Plan((publish(entity.commands[command], found),), {attribute or command: found})


def _oscillate(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    if "oscillation" not in entity.commands:
        return Refusal("cannot swing from side to side")
    told = entity.options[f"payload_oscillation_{'on' if data['oscillating'] else 'off'}"]
    step = publish(entity.commands["oscillation"], str(told))
    return Plan((step,), {"oscillating": data["oscillating"]})


def _direction(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    if "direction" not in entity.commands:
        return Refusal("can only turn in one direction")
    if data["direction"] not in {"forward", "reverse"}:
        return Refusal("can turn forward and in reverse, nothing else")
    return Plan((publish(entity.commands["direction"], data["direction"]),), {"direction": data["direction"]})


_FAN_OFF = _power("payload_off", "off")

# --- temperatures -----------------------------------------------------------------------------------------

_LIMITS = (-100.0, 1_000.0)
_TEMPERATURE = (
    number("temperature", *_LIMITS),
    number("target_temp_high", *_LIMITS, "temperature"),
    number("target_temp_low", *_LIMITS, "temperature"),
    text("hvac_mode", "mode"),
)
_COMMANDS = {
    "temperature": "temperature",
    "target_temp_high": "temperature_high",
    "target_temp_low": "temperature_low",
}


def _set_temperature(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    steps: list[Publish] = []
    wanted: Wishes = {}
    mode = data.get("hvac_mode", data.get("operation_mode"))
    if mode is not None:
        plan = _set_mode(entity, {"mode": mode}, known)
        if isinstance(plan, Refusal):
            return plan
        steps.extend(plan.publishes)
        wanted |= plan.wanted
    for name, command in _COMMANDS.items():
        if name in data:
            wish = _temperature(entity, command, data[name])
            if isinstance(wish, Refusal):
                return wish
            steps.append(publish(entity.commands[command], compact(data[name])))
            wanted[name] = wish
    if not steps:
        return Refusal("needs to know which temperature")
    if data.get("target_temp_low", -1e9) > data.get("target_temp_high", 1e9):
        return Refusal("cannot keep the lower temperature above the higher one")
    return Plan(tuple(steps), wanted)


def _temperature(entity: Announced, command: str, value: float) -> Wish | Refusal:
    """Within what the device takes, in its own unit; both ends may round to half its step."""
    if command not in entity.commands:
        return Refusal("cannot be set to a temperature")
    low, high = number_attribute(entity, "min_temp", 7), number_attribute(entity, "max_temp", 35)
    if not low <= value <= high:
        unit = entity.attributes.get("temperature_unit", "degrees")
        return Refusal(f"only goes from {low:g} to {high:g} {unit}")
    step = number_attribute(entity, "target_temp_step", 1)
    return Near(value, max(0.051, step / 2 + 0.01))


def _set_mode(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    listed = "hvac_modes" if entity.component == "climate" else "operation_list"
    del known
    return _choose(entity, "mode", data["mode"], listed=listed, attribute="state")


def _mode_from(name: str) -> Planner:
    return lambda entity, data, known: _set_mode(entity, {"mode": data[name]}, known)


def _choice(attribute: str, what: str) -> Planner:
    """A command, its attribute and its list that are all named alike."""

    def planner(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
        del known
        return _choose(entity, attribute, data[attribute], listed=f"{attribute}s", what=what)

    return planner


_ON_MODES = ("heat_cool", "heat", "cool", "auto")


def _climate_on(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    """By its switch, else in the mode that suits most rooms, as Home Assistant chooses it."""
    del data
    if "power" in entity.commands:
        return Plan((publish(entity.commands["power"], str(entity.options["payload_on"])),), {})
    modes = choices(entity, "hvac_modes")
    wished = next((mode for mode in (*_ON_MODES, *modes) if mode in modes and mode != "off"), None)
    if wished is None:
        return Refusal("cannot be switched on")
    if known.get("state") in modes and known.get("state") != "off":
        wished = str(known["state"])
    return _set_mode(entity, {"mode": wished}, known)


def _heating_off(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del data
    if "power" in entity.commands:
        step = publish(entity.commands["power"], str(entity.options["payload_off"]))
        return Plan((step,), {"state": "off"})
    return _set_mode(entity, {"mode": "off"}, known)


def _heater_on(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del data, known
    if "power" not in entity.commands:
        return Refusal("has no switch, only modes")
    return Plan((publish(entity.commands["power"], str(entity.options["payload_on"])),), {})


# --- humidity ---------------------------------------------------------------------------------------------


def _humidity(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    if "target_humidity" not in entity.commands:
        return Refusal("cannot be set to a humidity")
    low, high = number_attribute(entity, "min_humidity", 0), number_attribute(entity, "max_humidity", 100)
    value = data["humidity"]
    if not low <= value <= high:
        return Refusal(f"only goes from {low:g} to {high:g} percent")
    return Plan((publish(entity.commands["target_humidity"], compact(value)),), {"humidity": Near(value, 1)})


def _humidifier_mode(entity: Announced, data: dict[str, Any], known: Known) -> Plan | Refusal:
    del known
    return _choose(entity, "mode", data["mode"], listed="available_modes")


_HUMIDITY = (number("humidity", 0, 100, required=True),)

SERVICES: Services = {
    ("fan", "turn_on"): Service(_fan_on, (number("percentage", 0, 100, "speed"), text("preset_mode"))),
    ("fan", "turn_off"): Service(_FAN_OFF),
    ("fan", "set_percentage"): Service(_fan_speed, _PERCENTAGE),
    ("fan", "increase_speed"): Service(_faster(1), _STEP),
    ("fan", "decrease_speed"): Service(_faster(-1), _STEP),
    ("fan", "set_preset_mode"): Service(_fan_preset, _PRESET),
    ("fan", "oscillate"): Service(_oscillate, (Field("oscillating", "flag", required=True),)),
    ("fan", "set_direction"): Service(_direction, (text("direction", required=True),)),
    ("climate", "turn_on"): Service(_climate_on),
    ("climate", "turn_off"): Service(_heating_off),
    ("climate", "set_temperature"): Service(_set_temperature, _TEMPERATURE),
    ("climate", "set_hvac_mode"): Service(
        _mode_from("hvac_mode"), (text("hvac_mode", "mode", required=True),)
    ),
    ("climate", "set_humidity"): Service(_humidity, _HUMIDITY),
    ("climate", "set_fan_mode"): Service(
        _choice("fan_mode", "fan speed"), (text("fan_mode", "fan speed", required=True),)
    ),
    ("climate", "set_preset_mode"): Service(_choice("preset_mode", "mode"), _PRESET),
    ("climate", "set_swing_mode"): Service(
        _choice("swing_mode", "swing"), (text("swing_mode", "swing", required=True),)
    ),
    ("climate", "set_swing_horizontal_mode"): Service(
        _choice("swing_horizontal_mode", "swing"), (text("swing_horizontal_mode", "swing", required=True),)
    ),
    ("water_heater", "turn_on"): Service(_heater_on),
    ("water_heater", "turn_off"): Service(_heating_off),
    ("water_heater", "set_temperature"): Service(
        _set_temperature, (number("temperature", *_LIMITS), text("operation_mode", "mode"))
    ),
    ("water_heater", "set_operation_mode"): Service(
        _mode_from("operation_mode"), (text("operation_mode", "mode", required=True),)
    ),
    ("humidifier", "turn_on"): Service(_power("payload_on", "on")),
    ("humidifier", "turn_off"): Service(_FAN_OFF),
    ("humidifier", "set_humidity"): Service(_humidity, _HUMIDITY),
    ("humidifier", "set_mode"): Service(_humidifier_mode, (text("mode", required=True),)),
}
